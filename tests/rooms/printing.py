"""What the tests of printing share: a document with all its parts, and reading a PDF back."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pikepdf
import pypdf

from campaign.core.markdown import blocks
from campaign.editions.document import Document, Group, Labels

TEXT = """\
### Why now

Two men may be put to death.[^1] See [the file](https://example.org/a).[^1]

| Year | Executions |
|------|-----------:|
| 2019 | 3 |

1. Act *now*.
2. Tell us.
   - soon

> A quotation.

---

[^1]: According to published facts.
"""
SHA256 = "9f2c4b7a1e0d83c65b4f7a2910ce6d38f5a1b2c3d4e5f60718293a4b5c6d7e8f"
COUNTRIES = ["Argentina", "Bolivia", "Chile", "Denmark", "Egypt"]
# One sample name in each script whose font we carry.
NAMES = [
    "Ação e Saúde Łódź Ōtautahi Đồng",
    "Организация «Пример»",
    "Οργάνωση Παράδειγμα",
    "منظمة مثال لحقوق الإنسان",
    "ארגון לדוגמה",
    "नमूना संगठन",
    "নমুনা সংগঠন",
    "องค์กรตัวอย่าง",
    "ნიმუში ორგანიზაცია",
    "Նմուշ կազմակերպություն",
    "ናሙና ድርጅት",
    "மாதிரி அமைப்பு",
    "නියැදි සංවිධානය",
    "អង្គការគំរូ",
    "ອົງການຕົວຢ່າງ",
    "နမူနာအဖွဲ့",
    "ਨਮੂਨਾ ਸੰਗਠਨ",
    "નમૂના સંસ્થા",
    "నమూనా సంస్థ",
    "ಮಾದರಿ ಸಂಸ್ಥೆ",
    "മാതൃകാ സംഘടന",
    "ନମୁନା ସଂଗଠନ",
    "ⵜⴰⵎⵙⵙⵓⵔⵜ",
    "དཔེ་མཚོན་ཚོགས་པ",
]

LABELS: Labels = {
    "kind": "Open letter",
    "reference": "Reference",
    "subject": "Subject",
    "cc": "Cc",
    "enclosures": "Enclosures",
    "signatories": "Signatories",
    "hosts_heading": "On behalf of the hosts",
    "continued": "{heading} (continued)",
    "page": "Page {page} of {pages}",
    "hash": "SHA-256 of this edition",
    "verify": "Check it at letters.example.org/verify.",
    "new": "new",
}
LIST_URL = "https://letters.example.org/list"


def groups_of(names: int) -> list[Group]:
    """Names without a mark, spread over the countries."""
    groups = [Group(heading=country, count=0, names=[]) for country in COUNTRIES]
    for number in range(1, names + 1):
        group = groups[(number - 1) * len(groups) // names]
        name = f"Sample organisation {number:05d}"
        group["names"].append({"number": number, "name": name, "other": None, "new": False})
        group["count"] = len(group["names"])
    return groups


def document(names: int = 10, **changes: Any) -> Document:
    """So many names in five countries; `changes` are keys of the document."""
    made: Document = {
        "language": "en",
        "direction": "ltr",
        "created": "2020-02-03T09:00:00+00:00",
        "document_title": "Stop the executions",
        "labels": LABELS,
        "hosts": [{"name": name, "website": "https://example.org/"} for name in ("Alpha", "Beta", "Gamma")],
        "reference": "HRI/2020/07",
        "place_and_date": "Geneva, 3 February 2020",
        "addressee": {"name": "Ms Sample", "title": "High Commissioner", "body": None, "lines": ["Geneva"]},
        "subject": "Two men at risk",
        "salutation": "Your Excellency,",
        "opening": blocks("An opening of your own.[^1]\n\n[^1]: With a note of its own."),
        "body": blocks(TEXT),
        "closing": "With our highest consideration.",
        "signers": [{"host": "Alpha", "signed_by": "Alex Sample", "signed_title": "Director"}],
        "cc": ["Permanent Mission"],
        "enclosures": ["Summary"],
        "annexes": [{"title": "Annex I", "blocks": blocks("Annexed words.")}],
        "headline": f"{names} groups from 5 countries",
        "list_note": "Hosts are not counted.",
        "new_note": None,
        "groups": groups_of(names),
        "flat": False,
        "list_link": {"text": "The list is at letters.example.org.", "url": LIST_URL},
        "unnamed_note": "Two more are not named.",
        "notice": "Demonstration only.",
        "edition": "List of signatories no. 1, 3 February 2020",
        "sha256": SHA256,
        "short": "9f2c 4b7a 1e0d",
    }
    made.update(changes)  # type: ignore[typeddict-item]
    return made


def pages(page: bytes) -> list[str]:
    """The words of each page."""
    return [each.extract_text() for each in pypdf.PdfReader(io.BytesIO(page)).pages]


def roles(page: bytes) -> Counter[str]:
    """Count the structure elements that a screen reader meets."""
    found: Counter[str] = Counter()
    with pikepdf.open(io.BytesIO(page)) as opened:
        waiting: list[Any] = [opened.Root.StructTreeRoot]
        while waiting:
            node = waiting.pop()
            if isinstance(node, pikepdf.Array):
                waiting += list(node)
            elif isinstance(node, pikepdf.Dictionary):
                found[str(node.get("/S", ""))] += 1
                waiting += [node.K] if "/K" in node else []
    return found
