"""A journal of erasures outside the database, so that they are done again after a restore from a backup.

It is in the worker's log: one line an erasure, with the number of the row and a mark that only that row has.
It names nobody, and without the row the mark means nothing.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from campaign.audit.rules import Actor
from campaign.care.erasure import erase, forget_asker
from campaign.core.db import db
from campaign.core.secrets import token
from campaign.signing.models import Signature

WHOLE, ASKER = "signature", "asker"
_LINE = re.compile(rf"erasure ({WHOLE}|{ASKER}) (\d{{1,18}}) ([\w-]{{43}})")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Replayed:
    """What a replay found: erased again, erased already, and rows that are not in this database."""

    again: int = 0
    already: int = 0
    missing: int = 0


def write(signature: Signature, what: str) -> None:
    """One line: the whole signature was erased, or only who had asked for it."""
    log.info("%s", line(signature, what))


def line(signature: Signature, what: str) -> str:
    """What the journal says of it."""
    return f"erasure {what} {signature.id} {_mark(signature, what)}"


def replay(lines: Iterable[str], actor: Actor) -> Replayed:
    """Do all erasures again that the lines of logs tell of, whatever stands around them.

    A row whose mark is another is somebody else's, entered after the restore: it is left alone.
    """
    done, seen = Replayed(), set()
    for what, number, mark in (found for logged in lines for found in _LINE.findall(logged)):
        if (what, number) in seen:
            continue
        seen.add((what, number))
        signature = db.session.get(Signature, int(number))
        if signature is None or _mark(signature, what) != mark:
            done.missing += 1
        elif _is_done(signature, what):
            done.already += 1
        else:
            done.again += 1
            (erase if what == WHOLE else forget_asker)(signature, actor)
    return done


def _is_done(signature: Signature, what: str) -> bool:
    if signature.erased_at is not None:
        return True
    person = signature.representative
    return what == ASKER and (person is None or person.asked_by_index is None)


def _mark(signature: Signature, what: str) -> str:
    """Only who holds TOKEN_KEY makes it. The moment of signing tells two rows of one number apart."""
    return token(f"erased {what}", signature.id, signature.signed_at.isoformat())
