"""Sheets in and out: all or nothing, nothing twice, and for each audience only what is theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.letters.models import Letter
from campaign.letters.rules import Order, Visibility
from campaign.organisations.entering import enter_many
from campaign.organisations.models import Organisation
from campaign.organisations.rules import Scope
from campaign.outbox.models import Mail
from campaign.sheets import writing
from campaign.sheets.lines import Arrival, check_mapping, read_rows
from campaign.sheets.rehearsing import Outcome, judge_rows
from campaign.sheets.writing import Report, bring_in, expected
from campaign.signing import corrections, exporting, moderation, roll
from campaign.signing.corrections import OwnCorrection
from campaign.signing.models import Signature
from campaign.signing.rules import Audience, Evidence, SignatureStatus, Source
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_command, make_letter, make_listing, make_person, make_signature

MAPPING = {
    "organisation": "Name",
    "country": "Country",
    "email": "Mail",
    "scope": "Scope",
    "visibility": "Seen",
    "website": "Site",
    "representative": "Person",
}
SHEET = [
    {"Name": "Voice for Peace", "Country": "Bahrain", "Mail": "v@example.org", "Site": "voice.example.org"},
    {"Name": "Network of the Gulf", "Country": "Bahrain", "Scope": "Regional"},
    {"Name": "", "Country": ""},
    {"Name": "Choir", "Country": "Atlantis", "Person": " Sami  Example "},
    {"Name": "VOICE for peace!", "Country": "BH"},
]


def bring(letter: Letter, lines: list[dict[str, str]], accepted: bool = True) -> Report:
    """Read and write a sheet, as the command does."""
    rows = read_rows(letter, enumerate(lines, start=2), MAPPING, None)
    return bring_in(letter, rows, accepted, COORDINATOR)


def test_a_sheet_comes_in_once(app: Flask) -> None:
    letter = make_letter()
    report = bring(letter, SHEET)
    db.session.commit()
    assert (report.new, report.already_there, report.no_country) == (3, [6], [5])
    again = bring(letter, SHEET)
    db.session.commit()
    assert (again.new, again.already_there) == (0, [2, 3, 5, 6])
    shown = letter_figures(letter.id)
    assert (shown.signatories, dict(shown.by_country), shown.regional, shown.no_country) == (
        3,
        {"BH": 1},
        1,
        1,
    )
    assert not db.session.scalars(select(Mail)).all()
    voice, network, choir = db.session.scalars(select(Signature).order_by(Signature.id))
    assert (voice.website, voice.country_code) == ("https://voice.example.org", "BH")
    assert (network.scope, network.country_code) == (Scope.REGIONAL, None)
    assert (choir.country_text, choir.country_code) == ("Atlantis", None)
    assert choir.representative is not None
    assert choir.representative.name == "Sami Example"


def test_without_accepting_the_desk_decides(app: Flask) -> None:
    letter = make_letter()
    bring(letter, SHEET, accepted=False)
    db.session.commit()
    assert letter_figures(letter.id).signatories == 0
    assert {s.status for s in db.session.scalars(select(Signature))} == {SignatureStatus.PENDING}


def test_rolling_back_is_a_dry_run(app: Flask) -> None:
    letter = make_letter()
    report = bring(letter, SHEET)
    db.session.rollback()
    assert report.new == 3
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 0
    assert letter_figures(letter.id).signatories == 0


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"Mail": "not an address"}, "email"),
        ({"Name": "", "Mail": "v@example.org"}, "organisation"),
        ({"Scope": "galactic"}, "scope"),
        ({"Seen": "friends"}, "visibility"),
        ({"Name": "x" * 201}, "organisation"),
        ({"Name": "a\x00b"}, "organisation"),
    ],
)
def test_one_bad_line_refuses_the_whole_sheet_and_is_named(
    app: Flask, bad: dict[str, str], field: str
) -> None:
    letter = make_letter()
    with pytest.raises(InvalidInput, match=rf"^line 4: {field}: "):
        bring(letter, [SHEET[0], SHEET[1], {"Name": "Choir", **bad}])
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 0


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"country": "Country"}, "which column holds the organisation"),
        ({"organisation": "Name", "colour": "Name"}, "no field 'colour'"),
        ({"organisation": "Nom"}, "no column 'Nom'"),
    ],
)
def test_mappings_that_are_refused(mapping: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        check_mapping(mapping, ["Name", "Country"])


def test_a_good_mapping_is_taken() -> None:
    check_mapping({"organisation": "Name"}, ["Name"])


def test_the_visibility_comes_from_the_line_the_command_or_the_risk(app: Flask) -> None:
    at_risk = make_letter(at_risk=True, visibilities=(Visibility.PUBLIC, Visibility.ADDRESSEES))
    lines = list(enumerate([{"Name": "A", "Seen": ""}, {"Name": "B", "Seen": "Public"}], start=2))
    seen = [row.listing.visibility for row in read_rows(at_risk, lines, MAPPING, None)]
    assert seen == [Visibility.ADDRESSEES, Visibility.PUBLIC]
    told = read_rows(make_letter(), lines, MAPPING, Visibility.UNNAMED)
    assert [row.listing.visibility for row in told] == [Visibility.UNNAMED, Visibility.PUBLIC]
    assert read_rows(make_letter(), lines, MAPPING, None)[0].listing.visibility is Visibility.PUBLIC


def test_who_signed_through_the_form_is_there_already(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Voice for Peace")
    make_signature(letter, SignatureStatus.UNVERIFIED, organisation="Choir", country_code="FR")
    report = bring(letter, [SHEET[0], {"Name": "Choir", "Country": "FR"}])
    assert (report.new, report.already_there) == (1, [2])


def mixed() -> Letter:
    """A letter with one signatory of each visibility, a network, and one who is not on the list."""
    letter = make_letter(order=Order.NAME)
    person = make_person(name="Sami Example", role="Director", email="sami@example.org")
    make_signature(letter, command=make_command(make_listing(organisation="Öffentlich"), person))
    make_signature(letter, organisation="Für Adressaten", visibility=Visibility.ADDRESSEES)
    make_signature(letter, organisation="Ungenannt", visibility=Visibility.UNNAMED)
    make_signature(letter, organisation="Netz", scope=Scope.REGIONAL)
    make_signature(letter, SignatureStatus.PENDING, organisation="Wartend")
    return letter


@pytest.mark.parametrize(
    ("audience", "names"),
    [
        (Audience.PUBLIC, ["Öffentlich", "Netz"]),
        (Audience.ADDRESSEES, ["Öffentlich", "Für Adressaten", "Netz"]),
        (Audience.COORDINATORS, ["Öffentlich", "Für Adressaten", "Ungenannt", "Netz"]),
    ],
)
def test_each_audience_sees_its_own_names(app: Flask, audience: Audience, names: list[str]) -> None:
    letter = mixed()
    assert [entry.name for entry in roll.entries(letter.id, audience)] == names


def test_pages_follow_the_key(app: Flask) -> None:
    letter = mixed()
    first = roll.page(letter.id, 0, 1)
    assert [e.name for e in first] == ["Öffentlich"]
    assert [e.name for e in roll.page(letter.id, first[0].id, 9)] == ["Netz"]


def test_lists_are_arranged_as_the_reader_reads(app: Flask) -> None:
    letter = make_letter()
    for name, code in (("Zebra", "FR"), ("Äpfel", "DE"), ("Apfel", "DE"), ("Netz", None)):
        scope = Scope.NATIONAL if code else Scope.INTERNATIONAL
        make_signature(letter, organisation=name, country_code=code, scope=scope)
    found = roll.entries(letter.id, Audience.PUBLIC)
    assert [e.name for e in roll.arranged(found, Order.NAME, "de")] == ["Apfel", "Äpfel", "Netz", "Zebra"]
    assert [e.name for e in roll.arranged(found, Order.SIGNED, "de")] == ["Zebra", "Äpfel", "Apfel", "Netz"]
    headings = {"regional": "R", "international": "Netzwerke", "": "?"}
    groups = roll.by_country(found, "de", headings, {})
    listed = [(g.heading, [e.name for e in g.entries]) for g in groups]
    assert listed == [("Deutschland", ["Apfel", "Äpfel"]), ("Frankreich", ["Zebra"]), ("Netzwerke", ["Netz"])]
    french = roll.by_country(found, "fr", headings, {})
    assert [g.heading for g in french] == ["Allemagne", "France", "Netzwerke"]


PERSONAL = {"representative", "role", "email"}


@pytest.mark.parametrize("audience", list(Audience))
def test_exports_hold_only_what_is_the_audiences(app: Flask, audience: Audience) -> None:
    letter = mixed()
    columns = exporting.columns(audience)
    lines = [dict(zip(columns, cells, strict=True)) for cells in exporting.rows(letter, audience, "en")]
    assert [line["number"] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]
    everything = "\n".join("\t".join(line.values()) for line in lines)
    if audience is Audience.COORDINATORS:
        assert columns == exporting.COLUMNS
        assert (lines[0]["representative"], lines[0]["email"]) == ("Sami Example", "sami@example.org")
        assert lines[-1]["status"] == "pending"
        assert len(lines) == 5
    else:
        assert not PERSONAL & set(columns)
        assert "example.org" not in everything
        assert "Ungenannt" not in everything
        assert ("Für Adressaten" in everything) == (audience is Audience.ADDRESSEES)
    assert (lines[0]["country_code"], lines[0]["country"]) == ("BH", "Bahrain")
    network = next(line for line in lines if line["organisation"] == "Netz")
    assert (network["country"], network["scope"]) == ("", "regional")


def test_an_export_with_contacts_is_on_record(app: Flask) -> None:
    letter = mixed()
    for audience in Audience:
        exporting.note_export(letter, audience, "csv", COORDINATOR)
    db.session.commit()
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.exported")).all()
    assert [act.details for act in acts] == [{"audience": "coordinators", "format": "csv"}]


def test_the_file_name_says_what_it_is(app: Flask) -> None:
    letter = make_letter(slug="bahrain-2020")
    name = exporting.filename(letter, Audience.PUBLIC, "csv")
    assert name.endswith("-bahrain-2020-public.csv")
    assert name.isascii()


def test_one_who_was_corrected_into_that_name_is_there_already(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, organisation="Voise", country_code="BH")
    moderation.correct(signature, "Voice for Peace", "BH", Scope.NATIONAL, COORDINATOR)
    report = bring(letter, [SHEET[0], {"Name": "Voise", "Country": "BH"}])
    assert (report.new, report.already_there) == (0, [2, 3])


def test_one_who_was_given_another_name_as_it_asked_is_there_already(app: Flask) -> None:
    """Its line in the sheet is the same as before, and not a second sign-on."""
    letter = make_letter()
    bring(letter, SHEET[:1])
    signature = db.session.scalars(select(Signature)).one()
    wanted = OwnCorrection("Daughters of the Harbour", None, signature.website, None, None)
    assert corrections.correct_own(signature, wanted)
    corrections.grant(signature, COORDINATOR)
    db.session.commit()
    assert (signature.name, letter_figures(letter.id).signatories) == ("Daughters of the Harbour", 1)
    assert bring(letter, SHEET[:1]).already_there == [2]


def test_a_long_list_is_searched_by_the_names_that_it_shows(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, organisation="Voise", country_code="BH")
    moderation.correct(signature, "Lanterns 100% Ever", "BH", Scope.NATIONAL, COORDINATOR)
    db.session.commit()
    for words, total in ((["lanterns"], 1), (["ever", "100%"], 1), (["lantern_"], 0)):
        assert roll.found(letter.id, words, None, 0, 10)[1] == total


def test_what_is_like_another_waits_at_the_desk_even_with_accepted(app: Flask) -> None:
    letter = make_letter()
    known = make_signature(letter, organisation="Harbour Lantern Society", country_code="KE")
    lines = [
        {"Name": "The Harbour Lantern Society (HLS)", "Country": "KE"},
        {"Name": "Harbour Lantern Sоciety", "Country": "KE"},  # with a Cyrillic о
        {"Name": "Quiet Meadow Choir", "Country": "PE"},
        {"Name": "The Quiet Meadow Choir", "Country": "PE"},
        {"Name": "Unlike all others", "Country": "PE"},
    ]
    rows = read_rows(letter, enumerate(lines, start=2), MAPPING, None)
    judged = judge_rows(letter.id, rows)
    assert [(line.outcome, line.other, line.other_line) for line in judged] == [
        (Outcome.DUPLICATE, known.organisation_id, None),
        (Outcome.LOOK_ALIKE, known.organisation_id, None),
        (Outcome.NEW, None, None),
        (Outcome.DUPLICATE, None, 4),
        (Outcome.NEW, None, None),
    ]
    told = expected(judged, Arrival.COUNT)
    report = bring_in(letter, rows, True, COORDINATOR)
    db.session.commit()
    assert report == told
    assert (report.new, report.counted, report.at_desk, report.alike) == (5, 2, 3, [2, 3, 5])
    assert letter_figures(letter.id).signatories == 3
    found = db.session.scalars(select(Signature).where(Signature.source == Source.IMPORT)).all()
    assert {s.name: (s.status, s.flags) for s in found if s.flags} == {
        "The Harbour Lantern Society (HLS)": (SignatureStatus.PENDING, ["duplicate"]),
        "Harbour Lantern Sоciety": (SignatureStatus.HELD, ["look_alike"]),
        "The Quiet Meadow Choir": (SignatureStatus.PENDING, ["duplicate"]),
    }
    assert {s.evidence for s in found} == {Evidence.VOUCHED}


def test_two_parts_of_a_name_are_one_representative(app: Flask) -> None:
    letter = make_letter()
    mapping = {"organisation": "Org", "first_name": "First", "last_name": "Last"}
    lines = [{"Org": "A choir", "First": "Ana", "Last": "Example"}, {"Org": "A band", "Last": "Sample"}]
    rows = read_rows(letter, enumerate(lines, start=2), mapping, None)
    assert [row.person.name for row in rows] == ["Ana Example", "Sample"]


def test_nothing_is_left_of_a_sheet_whose_last_rows_fail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    letter, lines = make_letter(), [{"Name": f"Group {n} of the {n}th hill"} for n in range(30)]
    monkeypatch.setattr(writing, "AT_ONCE", 10)
    calls = iter(range(9))

    def stops(*arguments: object) -> Sequence[Organisation]:
        if next(calls) == 2:
            raise RuntimeError("the worker stops here")
        return enter_many(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "enter_many", stops)
    with pytest.raises(RuntimeError):
        bring(letter, lines)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 0
    assert letter_figures(letter.id).signatories == 0


def test_who_is_entered_by_somebody_else_in_this_moment_is_there_already(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_letter()
    rows = read_rows(letter, enumerate(SHEET, start=2), MAPPING, None)
    judged = judge_rows(letter.id, rows)
    make_signature(letter, organisation="Voice for Peace", country_code="BH")
    report = writing.write(letter, judged, Arrival.COUNT, COORDINATOR)
    db.session.commit()
    assert (report.new, report.already_there) == (2, [2, 6])
    assert letter_figures(letter.id).signatories == 3
