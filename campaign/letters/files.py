"""A letter as files: `letter.toml` beside `text.<language>.md`, read into the description that `drafting`
writes down.
"""

import mimetypes
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from campaign.core.addresses import checked
from campaign.core.errors import InvalidInput
from campaign.letters.drafts import AddresseeDraft, CopyDraft, DocumentDraft, Draft, HostDraft
from campaign.letters.rules import (
    DEFAULT_RELEASE_DELAY,
    Acceptance,
    Channel,
    Circulation,
    DocumentUse,
    Order,
    Sees,
    Silence,
    TextRule,
    Visibility,
)

PLAIN = (
    "slug",
    "original_language",
    "deadline",
    "time_zone",
    "date",
    "place",
    "reference",
    "circulation",
    "acceptance",
)
KNOWN = {
    *PLAIN,
    "at_risk",
    "visibilities",
    "order",
    "release_delay",
    "text_rule",
    "silence",
    "further_bodies",
    "title",
    "noun",
    "notice",
    "reviewed",
    "hosts",
    "addressees",
    "documents",
    "country_names",
    "sealed_to",
}
HOST = {"name", "website", "country", "contact", "signed_by", "signed_title", "logo"}
ADDRESSEE = {
    "name",
    "title",
    "body",
    "email",
    "language",
    "honorific",
    "salutation",
    "closing",
    "subject",
    "opening",
} | {
    "cc",
    "sees",
    "channel",
}
COPY = {"name", "title", "email", "printed", "sees"}
DOCUMENT = {"file", "title", "language", "use"}
LARGEST_DOCUMENT = 5 * 1024 * 1024
E = TypeVar("E", bound=StrEnum)


def read(folder: Path) -> Draft:
    """The letter described in a folder.

    Raises InvalidInput with one clear line naming the key that is wrong.
    """
    facts = _facts(folder)
    return Draft(
        slug=_text(facts, "slug") or "",
        original_language=_text(facts, "original_language") or "",
        titles=_by_language(facts, "title"),
        nouns=_by_language(facts, "noun"),
        notices=_by_language(facts, "notice"),
        texts=_texts(folder),
        reviewed=frozenset(facts["reviewed"]) if "reviewed" in facts else None,
        hosts=tuple(_host(folder, h) for h in _tables(facts, "hosts")),
        addressees=tuple(_addressee(a) for a in _tables(facts, "addressees")),
        documents=tuple(_document(folder, d) for d in _tables(facts, "documents")),
        deadline=_moment(facts),
        date=_date(facts),
        time_zone=_text(facts, "time_zone") or "UTC",
        place=_text(facts, "place"),
        reference=_text(facts, "reference"),
        circulation=_choice(facts, "circulation", Circulation),
        acceptance=_choice(facts, "acceptance", Acceptance) or Acceptance.MODERATED,
        order=_choice(facts, "order", Order) or Order.COUNTRY,
        at_risk=_flag(facts, "at_risk"),
        visibilities=_visibilities(facts),
        country_names=_tables_by_code(facts),
        sealed_to=_said(facts, "sealed_to"),
        release_delay=_minutes(facts, "release_delay", DEFAULT_RELEASE_DELAY),
        **_promises(facts),
    )


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts = tomllib.loads((folder / "letter.toml").read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise InvalidInput("there is no letter.toml in that folder") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidInput(f"letter.toml cannot be read: {fault}") from fault
    _no_strangers(facts, KNOWN, "letter.toml")
    for key in ("slug", "original_language", "title", "hosts"):
        if not facts.get(key):
            raise InvalidInput(f"letter.toml: {key} is missing")
    return facts


def _promises(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says of later changes; None where the file says nothing."""
    return {
        "text_rule": _choice(facts, "text_rule", TextRule),
        "silence": _choice(facts, "silence", Silence),
        "further_bodies": _flag(facts, "further_bodies") if "further_bodies" in facts else None,
    }


def _texts(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.glob("text.*.md")):
        try:
            found[path.name.split(".")[1]] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as fault:
            raise InvalidInput(f"{path.name} is not UTF-8") from fault
    return found


def _host(folder: Path, facts: Mapping[str, Any]) -> HostDraft:
    _no_strangers(facts, HOST, "hosts")
    logo = _text(facts, "logo")
    return HostDraft(
        name=_text(facts, "name") or "",
        website=_text(facts, "website"),
        country_code=_text(facts, "country"),
        contact=_mail(facts, "contact"),
        signed_by=_text(facts, "signed_by"),
        signed_title=_text(facts, "signed_title"),
        logo=_content(folder, logo) if logo else None,
    )


def _addressee(facts: Mapping[str, Any]) -> AddresseeDraft:
    _no_strangers(facts, ADDRESSEE, "addressees")
    plain = ("title", "body", "language", "honorific", "salutation", "closing", "subject", "opening")
    return AddresseeDraft(
        name=_text(facts, "name") or "",
        email=_mail(facts, "email"),
        sees=_choice(facts, "sees", Sees) or Sees.ALL,
        channel=_choice(facts, "channel", Channel) or Channel.MAIL,
        copies=_copies(facts.get("cc")),
        **{key: _text(facts, key) for key in plain},
    )


def _copies(facts: object) -> tuple[CopyDraft, ...]:
    """`cc` is one address, or a list of tables (or addresses)."""
    if facts is None:
        return ()
    listed: list[Any] = facts if isinstance(facts, list) else [facts]
    tables: list[dict[str, Any]] = [{"email": entry} if isinstance(entry, str) else entry for entry in listed]
    copies = []
    for table in tables:
        _no_strangers(table, COPY, "cc")
        email = _mail(table, "email")
        if email is None:
            raise InvalidInput("letter.toml: a cc needs an email")
        copies.append(
            CopyDraft(
                email=email,
                name=_text(table, "name"),
                title=_text(table, "title"),
                printed=_flag(table, "printed"),
                sees=_choice(table, "sees", Sees),
            )
        )
    return tuple(copies)


def _document(folder: Path, facts: Mapping[str, Any]) -> DocumentDraft:
    _no_strangers(facts, DOCUMENT, "documents")
    name = _text(facts, "file") or ""
    return DocumentDraft(
        filename=Path(name).name,
        title=_text(facts, "title") or Path(name).stem,
        content=_content(folder, name),
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        language=_text(facts, "language"),
        use=_choice(facts, "use", DocumentUse) or DocumentUse.ATTACH,
    )


def _content(folder: Path, name: str) -> bytes:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise InvalidInput(f"there is no file {Path(name).name} beside letter.toml")
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise InvalidInput(f"{path.name} is larger than 5 MB")
    return path.read_bytes()


def _no_strangers(facts: object, known: set[str], where: str) -> None:
    if not isinstance(facts, dict):
        raise InvalidInput(f"letter.toml: {where} must be a table")
    strangers = sorted(set(facts) - known)
    if strangers:
        raise InvalidInput(f"letter.toml: {where} has an unknown key: {', '.join(strangers)}")


def _tables(facts: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    found = facts.get(key, [])
    if not isinstance(found, list):
        raise InvalidInput(f"letter.toml: {key} must be written as [[{key}]]")
    return found


def _text(facts: Mapping[str, Any], key: str) -> str | None:
    value = facts.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"letter.toml: {key} must be text")
    return value.strip() or None if value else None


def _said(facts: Mapping[str, Any], key: str) -> str | None:
    """A text, where an empty one says "none", and one left out says nothing."""
    return "" if facts.get(key) == "" else _text(facts, key)


def _flag(facts: Mapping[str, Any], key: str) -> bool:
    value = facts.get(key, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"letter.toml: {key} must be true or false")
    return value


def _minutes(facts: Mapping[str, Any], key: str, usual: int) -> int:
    value = facts.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(f"letter.toml: {key} must be a whole number of minutes")
    return value


def _by_language(facts: Mapping[str, Any], key: str) -> dict[str, str]:
    table = facts.get(key, {})
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise InvalidInput(f"letter.toml: [{key}] must give a text per language")
    return dict(table)


def _tables_by_code(facts: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """`[country_names.XX]`: a country's name a language."""
    table = facts.get("country_names", {})
    if not isinstance(table, dict):
        raise InvalidInput("letter.toml: write [country_names.XX] with a name per language")
    return {code: _by_language(table, code) for code in table}


def _choice(facts: Mapping[str, Any], key: str, kind: type[E]) -> E | None:
    value = _text(facts, key)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as fault:
        raise InvalidInput(f"letter.toml: {key} must be one of {', '.join(kind)}") from fault


def _visibilities(facts: Mapping[str, Any]) -> tuple[Visibility, ...]:
    listed = facts.get("visibilities", [v.value for v in Visibility])
    try:
        return tuple(Visibility(value) for value in listed)
    except (ValueError, TypeError) as fault:
        raise InvalidInput(f"letter.toml: visibilities are {', '.join(Visibility)}") from fault


def _moment(facts: Mapping[str, Any]) -> datetime | None:
    value = facts.get("deadline")
    if value is None:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as fault:
        raise InvalidInput("letter.toml: deadline must be ISO 8601") from fault
    if moment.tzinfo is None:
        raise InvalidInput("letter.toml: deadline needs an offset, such as Z or +01:00")
    return moment


def _date(facts: Mapping[str, Any]) -> date | None:
    value = facts.get("date")
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as fault:
        raise InvalidInput("letter.toml: date must be YYYY-MM-DD") from fault


def _mail(facts: Mapping[str, Any], key: str) -> str | None:
    value = _text(facts, key)
    if value is None:
        return None
    try:
        return checked(value)
    except InvalidInput as fault:
        raise InvalidInput(f"letter.toml: {key} is not a mail address") from fault
