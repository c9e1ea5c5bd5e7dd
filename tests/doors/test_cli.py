"""Commands about accounts, letters and countries, and what all commands have in common."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

import config
from campaign import create_app
from campaign.accounts.models import User
from campaign.accounts.rules import Role
from campaign.core import clock
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Silence
from campaign.outbox.models import Mail
from tests.doors.cli_kit import refusal, said
from tests.factories import (
    PASSWORD,
    make_letter,
    make_user,
)

pytestmark = pytest.mark.usefixtures("app_sqlite")
Command = Callable[..., Result]
LETTER = Path(__file__).parents[1] / "journeys" / "letter"


def written(folder: Path, **changes: str) -> Path:
    """A folder with a small letter; `changes` replace or add lines of letter.toml."""
    folder.mkdir(exist_ok=True)
    lines = {
        "slug": '"by-files"',
        "original_language": '"en"',
        "title": '{ en = "By files" }',
        "hosts": '[{ name = "A host" }]',
    }
    facts = "\n".join(f"{key} = {value}" for key, value in (lines | changes).items() if value)
    (folder / "letter.toml").write_text(facts + "\n", encoding="utf-8")
    (folder / "text.en.md").write_text("Please.", encoding="utf-8")
    return folder


def test_an_account_with_its_password_from_standard_input(command: Command) -> None:
    arguments = ("accounts", "create", "New@Example.org", "--role", "coordinator", "--password-stdin")
    assert said(command(*arguments, given=f"{PASSWORD}\n")) == "created coordinator\n"
    user = db.session.scalars(select(User)).one()
    assert (user.email, set(user.role_set)) == ("new@example.org", {Role.COORDINATOR})
    assert PASSWORD not in str(user.password)


def test_an_account_with_its_password_typed_twice(command: Command) -> None:
    result = command(
        "accounts", "create", "new@example.org", "--role", "admin", given=f"{PASSWORD}\n{PASSWORD}\n"
    )
    assert said(result) == "created admin\n"
    assert PASSWORD not in result.stderr


@pytest.mark.parametrize(
    ("email", "role", "password", "words"),
    [
        ("no-address", "admin", PASSWORD, "email: this is not a mail address"),
        ("new@example.org", "queen", PASSWORD, "'queen' is not one of"),
        ("new@example.org", "admin", "short", "password: the password needs at least 12 characters"),
        ("new@example.org", "admin", "", "password: the password needs at least 12 characters"),
        ("There@example.org", "admin", PASSWORD, "there is an account with that address already"),
    ],
)
def test_accounts_that_cannot_be(command: Command, email: str, role: str, password: str, words: str) -> None:
    make_user(email="there@example.org")
    result = command("accounts", "create", email, "--role", role, "--password-stdin", given=password)
    assert words in refusal(result)
    assert len(db.session.scalars(select(User)).all()) == 1


def test_a_letter_from_files_and_again(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "letter"
    shutil.copytree(LETTER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    assert said(command("letters", "import", str(folder))) == "clear-water: created\n"
    assert said(command("letters", "import", str(folder))) == "clear-water: unchanged\n"
    facts = (folder / "letter.toml").read_text(encoding="utf-8")
    (folder / "letter.toml").write_text(facts.replace('"CW-1"', '"CW-2"'), encoding="utf-8")
    assert said(command("letters", "import", str(folder))) == "clear-water: reference\n"


def test_the_text_of_an_open_letter_changes_only_with_a_word_on_its_weight(
    command: Command, tmp_path: Path
) -> None:
    folder = written(tmp_path / "letter")
    command("letters", "import", str(folder))
    said(command("letters", "open", "by-files"))
    (folder / "text.en.md").write_text("Pretty please.")
    assert "say --minor or --substantive" in refusal(command("letters", "import", str(folder)))
    assert said(command("letters", "import", str(folder), "--minor")) == "by-files: text (version 2)\n"
    (folder / "text.en.md").write_text("Never mind.")
    assert said(command("letters", "import", str(folder), "--substantive")) == "by-files: text (version 3)\n"


def test_a_substantive_change_says_what_changed_and_until_when_it_asks(
    command: Command, tmp_path: Path
) -> None:
    folder = written(tmp_path / "letter", text_rule='"revisable"', silence='"kept"', further_bodies="true")
    command("letters", "import", str(folder))
    said(command("letters", "open", "by-files"))
    (folder / "text.en.md").write_text("Never mind.")
    by = clock.now() + timedelta(days=2)
    ask = ("letters", "import", str(folder))
    assert "belong to" in refusal(command(*ask, "--summary", "It says less."))
    assert "belongs to" in refusal(command(*ask, "--minor", "--reconfirm-by", by.isoformat()))
    assert "ISO 8601" in refusal(command(*ask, "--substantive", "--reconfirm-by", "soon"))
    assert "six hours" in refusal(command(*ask, "--substantive", "--reconfirm-by", clock.iso(clock.now())))
    told = ("--summary", "It says less.", "--reconfirm-by", by.isoformat())
    assert said(command(*ask, "--substantive", *told)) == "by-files: text (version 2)\n"
    letter = letter_by_slug("by-files")
    assert (letter.silence, letter.further_bodies) == (Silence.KEPT, True)
    assert letter.text_version is not None
    assert (letter.text_version.summary, letter.text_version.reconfirm_by) == ("It says less.", by)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": ""}, "slug is missing"),
        ({"slug": '"No Slug"'}, "slug: "),
        ({"slug": "3"}, "slug must be text"),
        ({"title": ""}, "title is missing"),
        ({"title": '"By files"'}, "title"),
        ({"hosts": ""}, "hosts is missing"),
        ({"hosts": '[{ name = "" }]'}, "hosts: a host needs a name"),
        ({"hosts": '[{ name = "A host", country = "ZZ" }]'}, "country"),
        ({"hosts": '[{ name = "A host", fax = "1" }]'}, "unknown key: fax"),
        ({"hosts": '["A host"]'}, "hosts must be a table"),
        ({"hosts": '{ name = "A host" }'}, "[[hosts]]"),
        ({"original_language": '"fr"'}, "title: a title in the original language"),
        ({"title": '{ en = "By files", xx-none = "?" }'}, "language: “xx-none”"),
        ({"deadline": '"soon"'}, "deadline must be ISO 8601"),
        ({"deadline": "2035-01-31T18:00:00"}, "deadline needs an offset"),
        ({"time_zone": '"Mars/Base"'}, "time_zone: "),
        ({"acceptance": '"maybe"'}, "acceptance must be one of"),
        ({"visibilities": '["secret"]'}, "visibilities are"),
        ({"visibilities": "[]"}, "visibilities: "),
        ({"at_risk": '"yes"'}, "at_risk must be true or false"),
        ({"date": '"31.1.2035"'}, "date must be YYYY-MM-DD"),
        ({"colour": '"blue"'}, "unknown key: colour"),
        ({"addressees": '[{ name = "B", email = "nobody" }]'}, "email is not a mail address"),
        ({"addressees": '[{ name = "B", cc = [{ name = "C" }] }]'}, "a cc needs an email"),
        (
            {"addressees": '[{ name = "B", cc = [{ email = "c@example.org", sees = "some" }] }]'},
            "sees must be",
        ),
        ({"release_delay": "4"}, "release_delay: a release can be taken back for 5 to 60 minutes"),
        ({"release_delay": "61"}, "release_delay: a release can be taken back for 5 to 60 minutes"),
        ({"release_delay": '"15"'}, "release_delay must be a whole number of minutes"),
        ({"release_delay": "true"}, "release_delay must be a whole number of minutes"),
        ({"visibilities": '["addressees"]'}, "visibilities: nobody the letter goes to"),
        ({"addressees": '[{ name = "B", channel = "pigeon" }]'}, "channel must be one of"),
        ({"documents": '[{ file = "../../etc/passwd" }]'}, "no file passwd beside"),
        ({"documents": '[{ title = "No file" }]'}, "no file"),
        ({"slug": '"x', "title": ""}, "letter.toml cannot be read"),
    ],
)
def test_files_that_are_no_letter(
    command: Command, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    result = command("letters", "import", str(written(tmp_path / "letter", **changes)))
    assert words in refusal(result)
    assert db.session.scalars(select(Letter)).all() == []


def test_files_say_who_sees_what_and_how_long_a_release_can_be_taken_back(
    command: Command, tmp_path: Path
) -> None:
    copies = '"a@example.org", { email = "b@example.org", sees = "public" }'
    addressees = (
        f'[{{ name = "B", cc = [{copies}] }}, {{ name = "C", sees = "public", cc = "c@example.org" }}]'
    )
    folder = written(tmp_path / "letter", addressees=addressees, release_delay="60")
    said(command("letters", "import", str(folder)))
    letter = db.session.scalars(select(Letter)).one()
    seen = [(a.sees.value, [c.sees.value for c in a.copies]) for a in letter.addressees]
    assert seen == [("all", ["all", "public"]), ("public", ["public"])]
    assert letter.release_delay == 60


def test_a_folder_without_a_letter(command: Command, tmp_path: Path) -> None:
    assert "there is no letter.toml" in refusal(command("letters", "import", str(tmp_path)))
    assert "does not exist" in refusal(command("letters", "import", str(tmp_path / "nothing")))
    (written(tmp_path) / "text.en.md").write_bytes(b"\xff\xfe\xfa")
    assert "text.en.md is not UTF-8" in refusal(command("letters", "import", str(tmp_path)))


def test_states_of_a_letter_and_their_list(command: Command) -> None:
    slug = make_letter(opened=False).slug
    for arguments, answer, state in (
        (("open", slug), "open", "open"),
        (("pause", slug), "paused", "paused"),
        (("pause", slug, "--resume"), "open", "open"),
        (("close", slug), "closed", "closed"),
        (("open", slug), "open", "open"),
        (("extend", slug, "--until", "2035-01-31T18:00+01:00"), "extended to 2035-01-31T17:00:00Z", "open"),
        (("withdraw", slug, "--reason", "It was overtaken."), "withdrawn", "withdrawn"),
    ):
        assert said(command("letters", *arguments)) == f"{slug}: {answer}\n"
        deadline = "-" if arguments[0] in ("open", "pause", "close") else "2035-01-31T17:00:00Z"
        assert (
            said(command("letters", "list")) == "\t".join((slug, state, "public", "0", "0", deadline)) + "\n"
        )
    assert "that is withdrawn cannot become open" in refusal(command("letters", "open", slug))


def test_what_operators_do_is_told_to_coordinators(command: Command) -> None:
    slug, user = make_letter(opened=False).slug, make_user()
    said(command("letters", "open", slug))
    said(command("letters", "pause", slug))
    mails = db.session.scalars(select(Mail)).all()
    assert [(mail.recipient, mail.kind) for mail in mails] == [(user.email, "operator_acted")] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("open", "nothing-here"), "there is no such letter"),
        (("open", "SLUG"), "cannot become open"),
        (("open",), "Missing argument 'SLUG'"),
        (("close", "nothing-here"), "there is no such letter"),
        (("pause", "nothing-here"), "there is no such letter"),
        (("withdraw", "SLUG"), "Missing option '--reason'"),
        (("withdraw", "SLUG", "--reason", "  "), "reason: say why"),
        (("withdraw", "SLUG", "--reason", "x" * 501), "reason: say why"),
        (("extend", "SLUG", "--until", "soon"), "ISO 8601"),
        (("extend", "SLUG", "--until", "2035-01-31T18:00"), "needs an offset"),
        (("extend", "SLUG", "--until", "2001-01-31T18:00Z"), "until: the new deadline must be later"),
        (("extend", "SLUG"), "Missing option '--until'"),
        (("publish", "SLUG"), "public already"),
        (("fold", "SLUG"), "No such command 'fold'"),
    ],
)
def test_what_cannot_be_done_to_a_letter(command: Command, arguments: tuple[str, ...], words: str) -> None:
    slug = make_letter().slug
    assert words in refusal(command("letters", *[slug if a == "SLUG" else a for a in arguments]))


def test_names_line_by_line(command: Command) -> None:
    typed = "THRN\tTarvel Harm Reduction Network\n\nno tab\na\tb\tc\nОstrela\tOstrela\n"
    lines = said(command("organisations", "match", given=typed)).split("\n")
    assert [line.split("\t")[:3] for line in lines] == [
        ["THRN", "Tarvel Harm Reduction Network", "similar"],
        ["", "", "different"],
        ["no tab", "", "different"],
        ["a", "b", "different"],
        ["Оstrela", "Ostrela", "lookalike"],
        [""],
    ]
    assert all(len(line.split("\t")) == 5 for line in lines[:-1])
    assert said(command("organisations", "match", given="")) == ""


def test_countries_line_by_line(command: Command) -> None:
    typed = "UK\nViet Nam\nCongo\nAtlantis\n\n  Maroc \nFrance and Peru\r\nپاکستان"
    result = command("countries", "resolve", given=typed)
    assert said(result) == (
        "UK\tGB\nViet Nam\tVN\nCongo\t?\nAtlantis\t-\n\t-\n  Maroc \tMA\nFrance and Peru\t?\nپاکستان\tPK\n"
    )
    assert said(command("countries", "resolve", given="")) == ""
    assert said(command("countries", "resolve", "--lang", "fr", given="Allemagne\n")) == "Allemagne\tDE\n"


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        (b"Kenya\r\nPeru\r\n", ["Kenya\tKE", "Peru\tPE"]),
        (b"Kenya\rPeru", ["Kenya\tKE", "Peru\tPE"]),
        (b"\xef\xbb\xbfKenya\n\n\n", ["Kenya\tKE", "\t-", "\t-"]),
        ("Kenya\u2028\nPeru\x85\x0b\n".encode(), ["Kenya \tKE", "Peru  \tPE"]),
        (b"Ken\tya\nCura\xe7ao\n", ["Ken ya\tKE", "Cura\ufffdao\tCW"]),
        (b"\0\n" + b"x" * 5000, ["\0\t-", "x" * 5000 + "\t-"]),
    ],
)
def test_one_answer_for_each_line_however_it_ends(command: Command, typed: bytes, lines: list[str]) -> None:
    assert said(command("countries", "resolve", given=typed)).splitlines() == lines


def test_an_unknown_language_is_refused(command: Command) -> None:
    said_no = refusal(command("countries", "resolve", "--lang", "zz-none", given="Peru\n"))
    assert said_no == "--lang: 'zz-none' is no language CLDR knows"


@pytest.mark.parametrize("arguments", [("letters", "list"), ("counts", "verify"), ("outbox", "status")])
def test_a_database_that_is_away(
    environment: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for url in (f"sqlite:///{tmp_path}/no-folder/x.db", f"sqlite:///{tmp_path}/without-tables.db"):
        app = create_app(config.read({**environment, "DATABASE_URL": url}))
        with app.app_context():
            result = app.test_cli_runner().invoke(args=arguments)
            db.session.remove()
            db.engine.dispose()
        assert refusal(result).startswith("the database cannot be reached")


def test_unsafe_settings_are_one_line_that_names_them(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "campaign", "letters", "list"],
        cwd=config.ROOT,
        env={"APP_ENV": "production", "SECRET_KEY": "hunter2", "DATABASE_URL": f"sqlite:///{tmp_path}/x.db"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: SECRET_KEY is shorter than 32 characters; TOKEN_KEY is missing;")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "group",
    [
        "accounts",
        "letters",
        "signatures",
        "counts",
        "editions",
        "dispatch",
        "outbox",
        "audit",
        "countries",
        "organisations",
    ],
)
def test_each_command_explains_itself(command: Command, group: str) -> None:
    shown = said(command(group, "--help"))
    names = [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines() if line.strip()]
    assert names
    for name in names:
        text = said(command(group, name, "--help"))
        assert text.startswith("Usage: ")
        assert len(text.splitlines()) > 3
