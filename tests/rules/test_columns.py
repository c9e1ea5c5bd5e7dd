"""Headings as makers of forms and people of many languages write them, and the fields they are for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.organisations.rules import Scope
from campaign.sheets.columns import FIELDS, agrees, guess, scope_of, visibility_of, whole_name

MAIL, SITE, NAME = ["a@example.org", ""], ["https://a.example.org"], ["Ana Example"]
NOT_IN_IT = ("organisation_other", "first_name", "last_name", "publish")
# What a form of that kind exports: heading → cells; and what is what in it.
SHEETS: dict[str, tuple[dict[str, list[str]], dict[str, str]]] = {
    "Google Forms, English": (
        {
            "Timestamp": ["2026/02/03 9:00:00 AM GMT+1"],
            "Email Address": MAIL,
            "What is the name of your organisation?": ["Choir"],
            "Country of operation": ["Kenya"],
            "Your role in the organisation": ["Director"],
            "Name of the person signing": NAME,
            "Website of your organisation (if any)": SITE,
            "Do you agree that the name of your organisation is published?": ["Yes"],
        },
        {
            "organisation": "What is the name of your organisation?",
            "country": "Country of operation",
            "website": "Website of your organisation (if any)",
            "representative": "Name of the person signing",
            "role": "Your role in the organisation",
            "email": "Email Address",
            "publish": "Do you agree that the name of your organisation is published?",
        },
    ),
    "Google Forms, French": (
        {
            "Horodateur": ["03/02/2026 09:00:00"],
            "Adresse e-mail": MAIL,
            "Nom de l'organisation": ["Chorale"],
            "Pays": ["Kenya"],
            "Nom et prénom": NAME,
            "Fonction": ["Directrice"],
            "J'accepte que le nom soit publié": ["Oui"],
        },
        {
            "organisation": "Nom de l'organisation",
            "country": "Pays",
            "representative": "Nom et prénom",
            "role": "Fonction",
            "email": "Adresse e-mail",
            "publish": "J'accepte que le nom soit publié",
        },
    ),
    "Google Forms, Spanish": (
        {
            "Marca temporal": ["3/2/2026 9:00:00"],
            "Dirección de correo electrónico": MAIL,
            "¿Cuál es el nombre de su organización?": ["Coro"],
            "País": ["Perú"],
            "Nombre": ["Ana"],
            "Apellidos": ["Example"],
            "Cargo": ["Directora"],
        },
        {
            "organisation": "¿Cuál es el nombre de su organización?",
            "country": "País",
            "first_name": "Nombre",
            "last_name": "Apellidos",
            "role": "Cargo",
            "email": "Dirección de correo electrónico",
        },
    ),
    "Google Forms, Portuguese": (
        {"Carimbo de data/hora": ["x"], "Nome da organização": ["Coro"], "País": ["Brasil"], "Nome": NAME},
        {"organisation": "Nome da organização", "country": "País", "representative": "Nome"},
    ),
    "Google Forms, Arabic": (
        {
            "طابع زمني": ["x"],
            "اسم المنظمة": ["جوقة"],
            "البلد": ["لبنان"],
            "اسم الشخص الذي يوقع": ["آنا"],
            "المنصب": ["مديرة"],
            "البريد الإلكتروني": MAIL,
            "الموقع الإلكتروني": SITE,
        },
        {
            "organisation": "اسم المنظمة",
            "country": "البلد",
            "website": "الموقع الإلكتروني",
            "representative": "اسم الشخص الذي يوقع",
            "role": "المنصب",
            "email": "البريد الإلكتروني",
        },
    ),
    "Google Forms, Russian": (
        {
            "Отметка времени": ["x"],
            "Адрес электронной почты": MAIL,
            "Название организации": ["Хор"],
            "Страна": ["Казахстан"],
            "Имя": ["Анна"],
            "Фамилия": ["Пример"],
            "Должность": ["Директор"],
        },
        {
            "organisation": "Название организации",
            "country": "Страна",
            "first_name": "Имя",
            "last_name": "Фамилия",
            "role": "Должность",
            "email": "Адрес электронной почты",
        },
    ),
    "Google Forms, German": (
        {
            "Zeitstempel": ["x"],
            "Name der Organisation": ["Chor"],
            "Land": ["Ghana"],
            "Vorname": ["Ana"],
            "Name": ["Example"],
            "Funktion": ["Leiterin"],
            "E-Mail-Adresse": MAIL,
            "Webseite": SITE,
        },
        {
            "organisation": "Name der Organisation",
            "country": "Land",
            "website": "Webseite",
            "first_name": "Vorname",
            "last_name": "Name",
            "role": "Funktion",
            "email": "E-Mail-Adresse",
        },
    ),
    "Microsoft Forms, nobody signed in": (
        {
            "ID": ["1"],
            "Start time": ["x"],
            "Completion time": ["x"],
            "Email": ["anonymous"],
            "Name": [""],
            "Last modified time": [""],
            "Name of Organization (in English)": ["Choir"],
            "Name of Organization (in Arabic)": ["جوقة"],
            "Contact email": MAIL,
            "Country": ["Lebanon"],
            "Full name": NAME,
        },
        {
            "organisation": "Name of Organization (in English)",
            "organisation_other": "Name of Organization (in Arabic)",
            "country": "Country",
            "representative": "Full name",
            "email": "Contact email",
        },
    ),
    "Microsoft Forms, signed in": (
        {
            "Id": ["1"],
            "Start time": ["x"],
            "Completion time": ["x"],
            "Email": ["staff@example.org"],
            "Name": ["Staff"],
            "Organisation": ["Choir"],
            "Your e-mail": MAIL,
        },
        {"organisation": "Organisation", "representative": "Name", "email": "Your e-mail"},
    ),
    "Microsoft Forms, French": (
        {
            "ID": ["1"],
            "Heure de début": ["x"],
            "Heure de fin": ["x"],
            "Adresse de messagerie": ["anonymous"],
            "Quel est le nom de votre organisme ?": ["Chorale"],
            "Dans quel pays travaillez-vous ?": ["Kenya"],
            "Adresse électronique": MAIL,
        },
        {
            "organisation": "Quel est le nom de votre organisme ?",
            "country": "Dans quel pays travaillez-vous ?",
            "email": "Adresse électronique",
        },
    ),
    "Airtable": (
        {
            "Name": ["Choir"],
            "Country": ["Kenya"],
            "Contact Person": NAME,
            "Contact Email": MAIL,
            "Type": ["regional", "", "international"],
            "Logo": ["logo.png (https://files.example.org/logo.png)"],
            "Created": ["2026-02-03"],
        },
        {
            "organisation": "Name",
            "country": "Country",
            "scope": "Type",
            "representative": "Contact Person",
            "email": "Contact Email",
        },
    ),
    "Action Network": (
        {
            "first_name": ["Ana"],
            "last_name": ["Example"],
            "email": MAIL,
            "zip_code": ["0000"],
            "country": ["KE"],
            "can2_user_tags": [""],
            "can2_subscription_status": ["subscribed"],
            "can2_phone": [""],
            "Organization": ["Choir"],
            "Job_Title": ["Director"],
        },
        {
            "organisation": "Organization",
            "country": "country",
            "first_name": "first_name",
            "last_name": "last_name",
            "role": "Job_Title",
            "email": "email",
        },
    ),
    "our own export": (
        {
            "number": ["1"],
            "organisation": ["Choir"],
            "country_code": ["KE"],
            "country": ["Kenya"],
            "scope": ["national"],
            "website": SITE,
            "representative": NAME,
            "role": ["Director"],
            "email": MAIL,
            "visibility": ["public", "unnamed"],
            "status": ["accepted"],
        },
        {name: name for name in FIELDS if name not in NOT_IN_IT},
    ),
    "a list with hardly a heading": (
        {"Signatory": ["Choir"], "Column 2": MAIL, "Column 3": SITE, "Column 4": ["Regional", ""]},
        {"organisation": "Signatory", "website": "Column 3", "scope": "Column 4", "email": "Column 2"},
    ),
    "names only": ({"Name": ["Choir"]}, {"organisation": "Name"}),
    "first name and whole name": (
        {"Organisation": ["Choir"], "First name": ["Ana"], "Surname": ["Example"], "Full name": NAME},
        {"organisation": "Organisation", "representative": "Full name"},
    ),
    "only the name in another language": (
        {"Organisation (original language)": ["جوقة"]},
        {"organisation": "Organisation (original language)"},
    ),
    "an empty column and a filled one": (
        {"Country": ["", ""], "Country of registration": ["Kenya", ""], "Organisation": ["A", "B"]},
        {"organisation": "Organisation", "country": "Country of registration"},
    ),
    "a question about mail": (
        {"Organisation": ["Choir"], "E-mail updates?": ["Yes"], "Mail": ["no"], "Scope": ["galactic"]},
        {"organisation": "Organisation"},
    ),
    "nothing of ours": ({"Shoe size": ["38"], "Column 2": [""]}, {}),
}


@pytest.mark.parametrize("kind", SHEETS)
def test_columns_are_known(kind: str) -> None:
    columns, expected = SHEETS[kind]
    found = guess(list(columns), columns)
    assert found == expected
    assert list(found) == [field for field in FIELDS if field in found]


QUESTIONS = {
    "Organization Name": "organisation",
    "Name of your NGO / network": "organisation",
    "Nom de l’organisme signataire": "organisation",
    "Entidad firmante": "organisation",
    "Наименование": "organisation",
    "Name and title of the person signing for the organisation": "representative",
    "Nombre y cargo de quien firma": "representative",
    "ФИО представителя организации": "representative",
    "In which country is your organisation based?": "country",
    "Pays d’intervention de l’organisation": "country",
    "ما هو البلد؟": "country",
    "What is your position in the organisation?": "role",
    "Courriel de l’organisation": "email",
    "Email of the contact person": "email",
    "URL": "website",
    "Sitio web de la organización": "website",
    "firstName": "first_name",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_whole_questions_are_understood(question: str) -> None:
    others = {"organisation": "X"} if QUESTIONS[question] != "organisation" else {}
    expected = {**others, QUESTIONS[question]: question}
    found = guess([*(["X organisation"] if others else []), question], {})
    assert found == {
        field: "X organisation" if column == "X" else column for field, column in expected.items()
    }


@given(st.lists(st.text(max_size=30), max_size=12, unique=True), st.lists(st.text(max_size=20), max_size=4))
def test_no_column_is_taken_twice(headings: list[str], cells: list[str]) -> None:
    found = guess(headings, dict.fromkeys(headings, cells))
    assert len(set(found.values())) == len(found)
    assert set(found) <= set(FIELDS)
    assert set(found.values()) <= set(headings)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("", Scope.NATIONAL),
        ("National", Scope.NATIONAL),
        ("RÉGIONALE", Scope.REGIONAL),
        ("regional", Scope.REGIONAL),
        ("Internacional", Scope.INTERNATIONAL),
        ("دولية", Scope.INTERNATIONAL),
        ("международная", Scope.INTERNATIONAL),
        ("galactic", None),
    ],
)
def test_scopes_in_words(text: str, scope: Scope | None) -> None:
    assert scope_of(text) is scope


@pytest.mark.parametrize(
    ("answer", "yes"),
    [
        ("Yes", True),
        ("Oui, bien sûr", True),
        ("J’accepte", True),
        ("I agree that our name is published", True),
        ("نعم", True),
        ("Согласна", True),
        ("No", False),
        ("Yes, but not to the press", False),
        ("I don’t agree", False),
        ("Non merci", False),
        ("لا", False),
        ("Нет", False),
        ("Anonymous", False),
        ("", None),
        ("ask Sam", None),
    ],
)
def test_only_a_clear_yes_is_one(answer: str, yes: bool | None) -> None:
    assert agrees(answer) is yes


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("May we publish the name?", ["Yes", "No"]),
        ("I agree that our name is published", []),
        ("¿Podemos publicar el nombre?", ["sí"]),
        ("Peut-on publier le nom ?", ["oui"]),
        ("Согласие на публикацию", []),
        ("هل يمكن نشر الاسم؟", ["نعم"]),
        ("publish", []),
    ],
)
def test_whether_the_name_may_be_published_is_asked_in_many_ways(heading: str, cells: list[str]) -> None:
    assert guess(["Organisation", heading], {heading: cells}).get("publish") == heading
    assert "publish" not in guess(["Organisation", "Publications"], {"Publications": ["12"]})


def test_names_in_two_languages_are_the_organisations() -> None:
    one, other = "Organisation", "Name in another language"
    assert guess([one, other], {}) == {"organisation": one, "organisation_other": other}
    assert guess(["Name", "Name in Arabic"], {}) == {
        "organisation": "Name",
        "organisation_other": "Name in Arabic",
    }


def test_small_things() -> None:
    assert visibility_of("Public ") == "public"
    assert visibility_of("friends") is None
    assert whole_name("Ana", "Example") == "Ana Example"
    assert (whole_name("", "Example"), whole_name("Ana", "")) == ("Example", "Ana")
