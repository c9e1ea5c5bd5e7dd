"""Turning a frozen edition into its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campaign.audit.operations import record
from campaign.audit.rules import WORKER
from campaign.core.db import db
from campaign.editions.compile import document
from campaign.editions.document import Document
from campaign.editions.frozen import Frozen, FrozenAddressee, thaw
from campaign.editions.models import Edition, EditionFile
from campaign.editions.render import RenderFailed, pdf
from campaign.editions.rules import EditionState, advance, sha256


@dataclass(frozen=True, slots=True)
class Order:
    """A file to print: for a group of an addressee's readers, or, without one, the public list."""

    frozen: Frozen
    addressee: FrozenAddressee | None
    language: str
    reader: int = 0

    @property
    def addressee_id(self) -> int | None:
        return self.addressee.id if self.addressee else None

    @property
    def document(self) -> Document:
        """Made when asked for: with ten thousand names, one at a time is enough to hold."""
        return document(self.frozen, self.addressee, self.language, self.reader)


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed file, not stored yet."""

    addressee_id: int | None
    language: str
    content: bytes
    reader: int = 0


def reprints(edition: Edition) -> list[Order]:
    """The files that were emptied by an erasure, to be printed without what was erased."""
    emptied = {_key(file) for file in edition.files if file.redacted_at and file.redacted_sha256 is None}
    return (
        [o for o in orders(edition) if (o.addressee_id, o.language, o.reader) in emptied] if emptied else []
    )


def orders(edition: Edition) -> list[Order]:
    """What has to be printed for an edition.

    A file per addressee and group of their readers, and the public list in each language of the text.
    """
    frozen = thaw(edition)
    wanted = [Order(frozen, a, a.language, n) for a in frozen.addressees for n in range(len(a.readers))]
    return [*wanted, *(Order(frozen, None, tag) for tag in sorted(frozen.texts))]


def printed(wanted: Sequence[Order], fonts: Sequence[Path]) -> list[Printed]:
    """Print, in child processes, with no transaction open. Raises RenderFailed."""
    return [
        Printed(order.addressee_id, order.language, pdf(order.document, fonts=fonts), order.reader)
        for order in wanted
    ]


def store(edition: Edition, files: Sequence[Printed]) -> None:
    """Keep the files; the edition is ready to be sent."""
    edition.state, edition.failure = advance(edition.state, EditionState.RENDERED), None
    db.session.add_all(
        EditionFile(
            edition_id=edition.id,
            addressee_id=file.addressee_id,
            language=file.language,
            reader=file.reader,
            sha256=sha256(file.content),
            size=len(file.content),
            content=file.content,
        )
        for file in files
    )
    record(WORKER, "edition.rendered", "edition", edition.id, edition.letter_id, files=len(files))


def store_again(edition: Edition, files: Sequence[Printed]) -> None:
    """Keep what was printed after an erasure; `sha256` stays that of the file as it was sent."""
    printed = {(file.addressee_id, file.language, file.reader): file.content for file in files}
    for file in edition.files:
        content = printed.get(_key(file))
        if content is not None and file.redacted_sha256 is None:
            file.content, file.size, file.redacted_sha256 = content, len(content), sha256(content)
    record(WORKER, "edition.reprinted", "edition", edition.id, edition.letter_id, files=len(files))


def _key(file: EditionFile) -> tuple[int | None, str, int]:
    return file.addressee_id, file.language, file.reader


def fail(edition: Edition, fault: RenderFailed) -> None:
    """The files could not be printed; the edition keeps its number and can be tried again."""
    edition.state, edition.failure = advance(edition.state, EditionState.FAILED), fault.reason[:300]
    record(WORKER, "edition.failed", "edition", edition.id, edition.letter_id)
