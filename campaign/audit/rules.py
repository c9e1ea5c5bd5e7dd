"""Who can act, and how a row of the record is tied to the one before it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

GENESIS = "0" * 64


class ActorKind(StrEnum):
    """What kind of somebody did it."""

    USER = "user"  # a coordinator at the desk; the id is the account's
    OPERATOR = "operator"  # a command on the server
    SIGNATORY = "signatory"  # whoever holds the link that was mailed
    VISITOR = "visitor"  # anybody on the public pages
    WORKER = "worker"  # the background worker, by itself
    SETTING = "setting"  # a letter's own setting, such as automatic acceptance


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a kind, and the account's id for coordinators."""

    kind: ActorKind
    id: int | None = None


OPERATOR, SIGNATORY, VISITOR = Actor(ActorKind.OPERATOR), Actor(ActorKind.SIGNATORY), Actor(ActorKind.VISITOR)
WORKER, SETTING = Actor(ActorKind.WORKER), Actor(ActorKind.SETTING)


def chain_hash(previous: str, row: Mapping[str, object]) -> str:
    """SHA-256 (hex) over the hash before and the row as canonical JSON.

    Changing any earlier row changes all later hashes.
    """
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
