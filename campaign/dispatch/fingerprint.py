"""What somebody looked at before they let a letter go: any edit that could change it changes this."""

import json
from typing import Any

from campaign.core.secrets import digest
from campaign.editions.models import Edition
from campaign.letters.models import Addressee, Letter


def fingerprint(edition: Edition) -> str:
    """64 hex digits over the edition, its files, and the letter and addressees as they are written now."""
    files = sorted((f.addressee_id or 0, f.reader, f.language, f.sha256) for f in edition.files)
    facts = {"edition": edition.sha256, "files": files, "letter": _letter(edition.letter)}
    return digest(json.dumps(facts, sort_keys=True, ensure_ascii=False))


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "text": letter.text_version_id,
        "titles": letter.titles,
        "words": [letter.nouns, letter.notices, letter.country_names],
        "head": [str(letter.date), letter.place, letter.reference, letter.time_zone, letter.order],
        "hosts": [[h.name, h.website, h.contact, h.signed_by, h.signed_title] for h in letter.hosts],
        "addressees": [_addressee(a) for a in letter.addressees if a.removed_at is None],
        "documents": [[d.filename, d.title, d.use, d.sha256] for d in letter.documents],
    }


def _addressee(a: Addressee) -> list[Any]:
    words = [a.honorific, a.name, a.title, a.body, a.salutation, a.opening, a.closing, a.subject]
    copies = [[c.id, c.email, c.name, c.title, c.printed, c.sees] for c in a.copies]
    return [a.id, *words, a.email, a.language, a.sees, a.channel, copies]
