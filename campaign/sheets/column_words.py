"""The words by which forms ask for each field of a sign-on, in the languages they are asked in.

A star stands for any ending. Headings are compared without accents, case, punctuation and Arabic articles.
The languages come in this order in each list: English, French, Spanish, Portuguese, Arabic, Russian, German,
and a few words of Italian, Dutch, Polish, Turkish and Japanese.
"""

from collections.abc import Mapping

from campaign.organisations.rules import Scope


def _listed(words: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in words.split(","))


# Columns that Google Forms and Microsoft Forms write themselves, beside the questions.
SYSTEM = frozenset(
    _listed(
        """
        completion time, fertigstellungszeit, heure de debut, heure de fin, hora de conclusao, hora de
        finalizacion, hora de inicio, id, last modified time, start time, startzeit, время выполнения, время
        завершения, время начала, وقت اكمال, وقت الاكمال, وقت البدء, وقت بدء
    """
    )
)

# What is asked besides, and is no part of a sign-on; it is looked for before the fields themselves.
NOT_USED = _listed(
    """
    agree, agrees, consent*, authori?e*, authorise*, authorize*, gdpr, privacy, newsletter, subscri*,
    receive, opt in, updates, logo, comment*, remark*, message, feedback, phone, telephone, mobile,
    whatsapp, signal, fax, city, town, zip*, postal*, postcode, street, timestamp, submitted, created,
    modified, tags, score, status, number of, how many, description, mission, about your, social media,
    facebook, twitter, instagram, linkedin, type of, kind of, year, date, why, username of, accepte*,
    autoris*, consentement, commentaire*, ville, code postal, horodat*, courriers, acepto, acepta*,
    autoriz*, consentimiento, comentario*, ciudad, codigo postal, marca temporal, telefono, fecha, aceito,
    concord*, cidade, telefone, carimbo de data*, data, tipo de, اوافق, موافقه*, تعليق*, ملاحظات, هاتف, رقم
    هاتف, مدينه, طابع زمني, تاريخ, شعار, соглас*, комментар*, телефон*, город*, отметка времени, дата,
    логотип, stimme, einverstanden, zustimm*, kommentar*, telefon*, stadt, ort, plz, zeitstempel, datum,
    informazioni cronologiche, tijdstempel, sygnatura czasowa, zaman damgasi, タイムスタンプ
"""
)

# "Name of the organisation in Arabic" is its other name, where another column has it in English.
OTHER_LANGUAGE = _listed(
    """
    another language, another script, other language, original language, local language, own language, native,
    other script, in arabic, in french, in spanish, in portuguese, in russian, in german, in chinese, in
    persian, in farsi, in greek, in the original, in your language, translat*, en arabe, autre langue, langue
    originale, langue locale, otro idioma, idioma original, outra lingua, lingua original, بالانجليزيه, بلغه
    اخري, بالفرنسيه, на английском, на другом языке, andere sprache, originalsprache, auf englisch
"""
)
OTHER_NAME = (
    *OTHER_LANGUAGE,
    *_listed("other name, autre nom, otro nombre, outro nome, другое название, anderer name"),
)

# "May we publish your name?": with a word of NOT_USED beside it, or a yes or no below it, it asks for that.
PUBLISH = _listed(
    """
    publish*, made public, make public, listed publicly, publicly listed, publie*, publier, rendu public,
    rendre public, publicar, publique*, publicado, publicada, publicacion, publicacao, hacer publico, hacerse
    publico, tornar publico, опублик*, публикац*, публиковат*, نشر, ينشر, تنشر, بنشر, للنشر, veroffentlich*,
    publicer*, pubblica*, publikuj*, opublikowa*
"""
)
YES = frozenset(_listed("yes, y, true, 1, x, ok, oui, si, sim, да, نعم, ja, tak, evet, ndiyo, 是, はい, ✓"))
AGREED = frozenset(
    _listed(
        """
        agree, agreed, accept, consent, publish, accepte, acceptons, autorise, acepto, aceptamos, autorizo,
        autorizamos, aceito, aceitamos, concordo, согласен, согласна, согласны, اوافق, نوافق, موافق,
        einverstanden, stimme
    """
    )
)
NO = frozenset(
    _listed(
        """
        no, n, not, never, cannot, false, 0, private, anonymous, anonym, anonyme, anonimo,
        anonymously, confidential, non, ne, pas, nein, nicht, kein, keine, nao, nunca, нет, не, анонимно, لا,
        ليس, nie, hayir, hayır, hapana, 否, いいえ
    """
    )
)

WORDS: Mapping[str, tuple[str, ...]] = {
    "email": _listed(
        """
        email, e mail, mail, email address, mail address, emails, contact email, username, courriel, adresse
        mail, adresse e mail, adresse electronique, nom d utilisateur, correo, correo electronico, direccion
        de correo, nombre de usuario, correio eletronico, endereco de e mail, nome de usuario, بريد, بريد
        الكتروني, ايميل, عنوان البريد, اسم المستخدم, почта, электронная почта, адрес электронной почты, эл
        почта, электронной почты, емейл, имя пользователя, mailadresse, e mail adresse, nutzername, posta
        elettronica, indirizzo email, e posta, e mailadres, adres e mail, メールアドレス, メール
    """
    ),
    "website": _listed(
        """
        website, web site, web page, webpage, homepage, home page, url, web address, site, site web, site
        internet, siteweb, sitio, sitio web, pagina web, pagina de internet, web, pagina na internet, موقع
        الكتروني, موقع, موقع ويب, رابط الموقع, сайт*, веб сайт, вебсайт, webseite, webauftritt,
        internetseite, internetadresse, sito, sito web, strona internetowa, web sitesi, ウェブサイト
    """
    ),
    "visibility": _listed(
        """
        visibility, name shown, shown to, visibilite, visibilidad, visibilidade, видимость, sichtbarkeit,
        ظهور
    """
    ),
    "country": _listed(
        """
        country, countries, nation, country region, country or region, country territory, pays, pais,
        paises, بلد, دوله, البلدان, страна, страны, стране, государство, land, staat, sitzland,
        herkunftsland, paese, kraj, ulke, 国, 国名
    """
    ),
    "scope": _listed(
        """
        scope, type, level, portee, type d organisation, ambito, alcance, abrangencia, tipo, نطاق, نوع,
        охват, уровень, тип, reichweite, typ, ebene, regional or international, national or international,
        international or regional, national regional*
    """
    ),
    "first_name": _listed(
        """
        first name, firstname, given name, given names, forename, prenom*, primer nombre, nombre de pila,
        primeiro nome, اسم اول, الاسم الشخصي, имя представителя, vorname, voornaam, imie, ad
    """
    ),
    "last_name": _listed(
        """
        last name, lastname, surname, family name, nom de famille, apellido*, sobrenome, apelido, اسم عائله,
        اسم اخير, لقب, фамилия, nachname, familienname, cognome, achternaam, nazwisko, soyad
    """
    ),
    "role": _listed(
        """
        role, title, job title, position, function, job, designation, capacity, post, fonction, poste,
        titre, qualite, cargo, puesto, funcion, funcao, posicion, منصب, صفه, وظيفه, مسمي وظيفي, должность,
        роль, funktion, rolle, amt, stellung, ruolo, carica, functie, stanowisko, gorev, unvan, 役職
    """
    ),
    "representative": _listed(
        """
        representative*, contact person, contact name, full name, your name, person, signed by, signed for,
        signing for, signing on behalf, on behalf of, who signs, point of contact, signer, focal point,
        contact, first and last name, name and surname, name and title, name and position, representant*,
        nom complet, nom et prenom*, prenom et nom, personne*, votre nom, signe par, au nom de, interlocut*,
        nombre completo, nombre y apellido*, persona, su nombre, tu nombre, en nombre de, firmado por, nome
        completo, nome e sobrenome, pessoa, seu nome, em nome de, ممثل*, شخص مسؤول, اسم كامل, اسم شخص, اسمك,
        شخص, представител*, контактное лицо, фио, полное имя, ваше имя, лицо, ansprechpartner*,
        ansprechperson, kontaktperson, vertreter*, vollstandiger name, vor und nachname, ihr name,
        unterzeichner*, rappresentante, nome e cognome, contactpersoon, 担当者*, 代表者*
    """
    ),
    "organisation": _listed(
        """
        organisation*, organization*, org, org name, ngo, ngos, group, group name, association*,
        institution*, signatory, signatories, network, coalition, company, affiliation, union, organisme,
        ong, signataire*, reseau, collectif, groupe, structure, entite, organizacion*, asociacion*,
        entidad*, colectivo, grupo, firmante*, red, institucion*, organizacao, organizacoes, associacao,
        entidade, coletivo, instituicao, signatari*, منظمه, اسم منظمه, جمعيه, اسم جمعيه, مؤسسه, اسم مؤسسه,
        جهه, هيئه, شبكه, موقعون, организаци*, объединени*, ассоциаци*, нко, нпо, учреждени*, подписант*,
        название, verband, verein, vereinigung, einrichtung, initiative, nro, organizzazione, associazione,
        organisatie, vereniging, organizacj*, kurulus*, dernek, 団体, 団体名, 組織
    """
    ),
    "name": _listed(
        """
        name, names, nom, noms, nombre, nombres, nome, اسم, имя, наименование, nazwa, isim
    """
    ),
}

_SCOPES: Mapping[Scope, str] = {
    Scope.NATIONAL: """
        national, nationale, nacional, local, locale, وطني, وطنيه, محلي, محليه, национальная, национальный
    """,
    Scope.REGIONAL: """
        regional, regionale, اقليمي, اقليميه, региональная, региональный
    """,
    Scope.INTERNATIONAL: """
        international, internationale, internacional, global, worldwide, دولي, دوليه, международная,
        международный
    """,
}
SCOPES: Mapping[str, Scope] = {word: scope for scope, words in _SCOPES.items() for word in _listed(words)}
