"""Text files as old programs save them: the encoding that makes words is found, and another can be chosen."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.encodings import CODE_PAGES, NAMED, decoded, guessed
from campaign.core.errors import InvalidInput

# One sheet's worth of plainly invented names in the languages that a code page was made for.
TEXTS = {
    "cp1252": [
        "Réseau des chœurs,Sénégal,Présidente\nÉcole de la forêt,Côte d’Ivoire,Généralité – Élan\n",
        "Asociación de niñas,España,¿Quién?\nUnión «El Ñandú»,Perú,Señora\n",
        "Associação das mães,Moçambique,Órgão de direção\nIrmãs,São Tomé,Não\n",
        "Verein für Bäume,Österreich,Müller\nStraßenchor Köln,Deutschland,Größe\n",
        "Ålesund sangforening,Norge,Bjørn\nFærøske kor,Færøerne,Søren\nKören,Sverige,Åsa\n",
        "Associació de l’avinguda,Andorra,Núria Güell\nUniversità,Perché,Così\n",
        "“Quotes”,Kenya,plain — dash\nCafé,France,only one\n",
    ],
    "cp1250": [
        "Fundacja Zielona Łąka,Polska,Zażółć gęślą jaźń\nŚwiatło,Polska,Małgorzata\n",
        "Společnost přátel řeky,Česko,Jiří Příklad\nŽlutý kůň,Česko,Přemysl\n",
        "Magyar Kórus Egyesület,Magyarország,Gyűjtő Előd\nErdő,Magyarország,Szűcs Bőrös\n",
        "Udruženje građana,Hrvatska,Željko Čađo\nDruštvo,Srbija,Đorđe Šćekić\n",
    ],
    "cp1254": ["Yeşil Dağ Derneği,Türkiye,Işıl Örnek\nİzmir Şarkıları,Türkiye,Çağrı\n"],
    "cp1251": [
        "Общество друзей реки,Россия,Анна Примерова\nХОР,Казахстан,Директор\n",
        "Товариство «Пісня»,Україна,Їжак Приклад\nЄдність,Україна,Голова\n",
    ],
    "cp1256": ["جمعية أصدقاء النهر,لبنان,المديرة العامة\nشبكة الأمل,مصر,رئيس الجمعية\n"],
    "cp1253": ["Σύλλογος φίλων του ποταμού,Ελλάδα,Άννα\nΧορωδία,Κύπρος,Διευθυντής\n"],
    "mac-roman": [
        "Réseau des chœurs,Sénégal,Présidente\nÉcole,Côte d’Ivoire,Élan\n",
        "Asociación de niñas,España,Señora\nVerein für Bäume,Österreich,Müller\n",
    ],
    "cp932": ["川の友の会,日本,代表 山田\nみどりのネットワーク,日本,事務局長\n"],
}
CASES = [(page, text) for page, texts in TEXTS.items() for text in texts]


@pytest.mark.parametrize(("page", "text"), CASES)
def test_the_code_page_is_found(page: str, text: str) -> None:
    content = f"Name,Country,Who\n{text}".encode(page)
    assert guessed(content) == page
    assert decoded(content).endswith(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(("page", "text"), CASES[::3])
def test_unicode_is_never_taken_for_a_code_page(encoding: str, page: str, text: str) -> None:
    assert decoded(f"Name,Country,Who\n{text}".encode(encoding)) == f"Name,Country,Who\n{text}"


def test_two_files_put_together_are_read_in_both_encodings() -> None:
    first = "Réseau Étoile,Côte d’Ivoire\nÑandú,España\nSøns,Færøerne\n" * 4
    content = first.encode() + "Café,Sénégal\n".encode("cp1252")
    assert guessed(content) == "utf-8+cp1252"
    assert decoded(content) == first + "Café,Sénégal\n"


def test_another_encoding_can_be_chosen() -> None:
    content = "Хор,Россия".encode("koi8-r")
    assert decoded(content, "koi8-r") == "Хор,Россия"
    with pytest.raises(InvalidInput, match="not text in UTF-8") as refusal:
        decoded(content, "utf-8")
    assert refusal.value.field == "encoding"
    with pytest.raises(InvalidInput, match="no such encoding"):
        decoded(content, "rot13")


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    assert guessed(content) in NAMED
    for encoding in (None, *NAMED):
        with suppress(InvalidInput):
            decoded(content, encoding)


def test_what_says_nothing_is_western() -> None:
    assert guessed(b"caf\xe9") == "cp1252"
    assert guessed(b"\xe9\xe9\xe9 \x9d") in CODE_PAGES
