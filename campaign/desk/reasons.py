"""Why a mail server said no, in plain words: RFC 3463's enhanced codes, or RFC 5321's without one."""

import re
from dataclasses import dataclass

from flask_babel import gettext as _

_ENHANCED = re.compile(r"(?<![\d.])5\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_PLAIN = re.compile(r"5\d\d(?!\d)")
GIVEN_UP = "given up after five days"


@dataclass(frozen=True, slots=True)
class Reason:
    """What was the matter, and what a person can do about it, as one or two short sentences."""

    what: str
    advice: str


def reason(words: str, status: str | None = None) -> Reason:
    """What a relay's words, or the status of a report, mean; their own words where they mean nothing more."""
    if words.startswith(GIVEN_UP):
        return Reason(_("we gave up after five days"), _("Ask them for another way."))
    found = _ENHANCED.search(status or "") or _ENHANCED.search(words)
    if found:
        known = _by_subject(int(found[1]), int(found[2]))
    else:
        code = _PLAIN.match(words)
        known = _by_code(code[0]) if code else None
    return known or Reason(words or _("no reason was given"), _("Ask them, or correct the address."))


def _by_subject(subject: int, detail: int) -> Reason | None:
    """RFC 3463 section 3: subject 1 is the address, 2 the mailbox, 3 the mail system, 7 policy."""
    correct = _("Correct the address.")
    another = _("Ask them, or reach them another way.")
    known = {
        (1, 1): Reason(_("no such mailbox"), correct),
        (1, 2): Reason(_("no such domain"), correct),
        (1, 3): Reason(_("this is not an address there"), correct),
        (1, 6): Reason(_("the mailbox has moved"), correct),
        (1, 10): Reason(_("this domain takes no mail"), correct),
        (2, 1): Reason(_("the mailbox is closed"), correct),
        (2, 2): Reason(_("the mailbox is full"), another),
        (2, 3): _too_large(),
        (3, 4): _too_large(),
    }
    if subject == 7:
        return Reason(_("their server does not accept it, as a matter of policy"), another)
    return known.get((subject, detail))


def _by_code(code: str) -> Reason | None:
    # 550 says "not found" and "not allowed" alike (RFC 5321 section 4.2.3), so it is left to its own words.
    return {
        "551": Reason(_("the mailbox is not on this server"), _("Correct the address.")),
        "552": _too_large(),
        "553": Reason(_("this is not an address there"), _("Correct the address.")),
    }.get(code)


def _too_large() -> Reason:
    return Reason(_("the mail is too large for them"), _("Send fewer documents, or reach them another way."))
