"""Contacts encrypted at rest, a blind index to find them by, and tokens of which only a digest is kept."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from campaign.core.text import mailbox

_MARK = b"which key is this"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one app: the first contact key encrypts, all of them decrypt.

    The index key is never rotated.
    """

    contacts: MultiFernet
    first: Fernet
    index_key: bytes
    token_key: bytes


def make_keyring(contact_keys: Sequence[str], index_key: str, token_key: str) -> Keyring:
    """A keyring from the settings' strings of any length; each is stretched to the size its cipher wants."""
    fernets = [
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"contacts:" + k.encode()).digest()))
        for k in contact_keys
    ]
    return Keyring(MultiFernet(fernets), fernets[0], index_key.encode(), token_key.encode())


def _keyring() -> Keyring:
    ring: Keyring = current_app.extensions["keyring"]
    return ring


class EncryptedText(TypeDecorator[str]):
    """Text that is only ever stored encrypted (Fernet); NULL stays NULL."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keyring().contacts.encrypt(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _keyring().contacts.decrypt(bytes(value)).decode()


class EncryptedBytes(TypeDecorator[bytes]):
    """A file that is only ever stored encrypted (Fernet); NULL stays NULL."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keyring().contacts.encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keyring().contacts.decrypt(bytes(value))


ENCRYPTED = (EncryptedText, EncryptedBytes)


def rotated(stored: bytes) -> bytes | None:
    """What is stored encrypted, under the first key; None when it is already.

    Raises InvalidToken when none of the keys opens it.
    """
    ring = _keyring()
    try:
        ring.first.decrypt(stored)
    except InvalidToken:
        return ring.contacts.rotate(stored)
    return None


def blind_index(address: str) -> str:
    """64 hex digits by which equal mailboxes find each other without being readable."""
    return hmac.new(_keyring().index_key, mailbox(address).encode(), hashlib.sha256).hexdigest()


def keyed_hash(purpose: str, value: str) -> str:
    """64 hex digits by which equal values of one purpose find each other; another purpose hashes differently.

    Short values, such as network addresses, could be tried out by whoever had this without the key.
    """
    return hmac.new(_keyring().index_key, f"{purpose}\n{value}".encode(), hashlib.sha256).hexdigest()


def locked(purpose: str, text: str) -> str:
    """A text that only we can read, fit for an address, which logs and browsers keep."""
    return _keyring().contacts.encrypt(f"{purpose}\n{text}".encode()).decode()


def unlocked(purpose: str, sealed: str, seconds: int) -> str | None:
    """What was locked for that purpose no longer ago than so many seconds; None for anything else."""
    try:
        found = _keyring().contacts.decrypt(sealed.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None
    kind, _, text = found.partition("\n")
    return text if kind == purpose else None


def new_nonce() -> str:
    """128 random bits as 32 hex digits."""
    return secrets.token_hex(16)


def token(purpose: str, subject: int | str, nonce: str) -> str:
    """The 256-bit token of a purpose, a row and its nonce, URL-safe (43 characters).

    It is made anew when needed, never stored.
    """
    key = _keyring().token_key
    return _urlsafe(hmac.new(key, f"{purpose}\n{subject}\n{nonce}".encode(), hashlib.sha256).digest())


def digest(value: str) -> str:
    """What is stored of a token: 64 hex digits of SHA-256, enough to recognise it, no use for making it."""
    return hashlib.sha256(value.encode()).hexdigest()


def key_marks() -> dict[str, str]:
    """By name of the setting, what recognises each key later without giving it away."""
    ring = _keyring()
    return {
        "CONTACT_KEYS": ring.contacts.encrypt(_MARK).decode(),
        "INDEX_KEY": _mark(ring.index_key),
        "TOKEN_KEY": _mark(ring.token_key),
    }


def strange_keys(marks: Mapping[str, str]) -> list[str]:
    """The settings whose keys are not those that made the marks, in the order of the alphabet."""
    ring = _keyring()
    strange = [
        name
        for name, key in (("INDEX_KEY", ring.index_key), ("TOKEN_KEY", ring.token_key))
        if not hmac.compare_digest(marks.get(name, ""), _mark(key))
    ]
    try:
        ring.contacts.decrypt(marks.get("CONTACT_KEYS", ""))
    except InvalidToken:
        strange.append("CONTACT_KEYS")
    return sorted(strange)


def _mark(key: bytes) -> str:
    return hmac.new(key, _MARK, hashlib.sha256).hexdigest()


def _urlsafe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
