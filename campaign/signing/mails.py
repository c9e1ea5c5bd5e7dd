"""The mails of signing: please confirm, its reminder, and the links by which signatures are looked after."""

from dataclasses import dataclass
from datetime import datetime

from campaign.core import locales
from campaign.core.db import db
from campaign.core.secrets import blind_index
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.rules import GRACE
from campaign.organisations.rules import Scope
from campaign.outbox.leases import Claim
from campaign.outbox.message import Mailbox, Parts
from campaign.outbox.writing import Words, platform_sender, public_url, write
from campaign.signing import queries
from campaign.signing.links import link_token, standing_link
from campaign.signing.models import Confirmation, Signature, SignatureLink
from campaign.signing.tokens import confirmation_token

MOST_ASKED = 20  # sign-ons in one mail; the page behind any of its links offers the others


def confirmation(claim: Claim, confirmation_id: int) -> Parts | None:
    """Please confirm: all that waits for this very address. None when there is nothing left to confirm."""
    return _asking(claim, confirmation_id, "confirmation")


def reminder(claim: Claim, confirmation_id: int) -> Parts | None:
    """Please confirm, still: all that waits for this very address. None when there is nothing left."""
    return _asking(claim, confirmation_id, "reminder")


@dataclass(frozen=True, slots=True)
class Asked:
    """A sign-on as a mail asks for its confirmation; `asked_by` asks whoever decides."""

    signature: Signature
    asked_by: str
    title: str
    titled_in: str
    country: str
    hosts: str
    link: str
    until: str | None


def _asking(claim: Claim, confirmation_id: int, template: str) -> Parts | None:
    found = queries.waiting_for(claim.recipient, confirmation_id)
    if not found:
        return None
    shown, letters = found[-MOST_ASKED:], list(dict.fromkeys(one.signature.letter for one in found))
    language = claim.locale
    notices = {said: letter.noticed_in(language) for letter in letters if (said := letter.notice(language))}
    words = write(
        template,
        asked=[_asked(one, language) for one in shown],
        more=len(found) - len(shown),
        one_letter=len(letters) == 1,
        notice=" ".join(notices),
        noticed_in="" if len(letters) > 1 else letters[0].noticed_in(language),
        locale=language,
    )
    return addressed(claim, words, claim.first_tried_at, letters[0] if len(letters) == 1 else None)


def _asked(one: Confirmation, language: str) -> Asked:
    signature, letter, spoken = one.signature, one.signature.letter, locales.spoken(language)
    person = signature.representative
    return Asked(
        signature,
        (person and person.asked_by) or "",
        letter.title(language),
        letter.titled_in(language),
        place_of(signature, spoken),
        locales.listing([host.name for host in letter.hosts], spoken),
        public_url(f"/confirm/{confirmation_token(one.id, one.nonce)}"),
        _until(letter, spoken),
    )


@dataclass(frozen=True, slots=True)
class Own:
    """A signature as the mail of links lists it."""

    signature: Signature
    title: str
    titled_in: str
    country: str
    link: str
    until: str


def links(claim: Claim, signature_id: int) -> Parts | None:
    """The links of all signatures that were given with this very address. None when there is none left."""
    asked = db.session.get(Signature, signature_id)
    found = [*queries.of_mailbox(blind_index(claim.recipient)), *([asked] if asked else [])]
    standing = {s.id: link for s in found if _is_of(s, claim) and (link := standing_link(s.id))}
    if not standing:
        return None
    words = write(
        "links",
        own=[_own(link, claim.locale) for _id, link in sorted(standing.items())],
        ask_again=public_url("/signature"),
        locale=claim.locale,
    )
    return addressed(claim, words, claim.first_tried_at)


def _is_of(signature: Signature, claim: Claim) -> bool:
    person = signature.representative
    return person is not None and (person.email or "").casefold() == claim.recipient.casefold()


def _own(link: SignatureLink, language: str) -> Own:
    signature, letter, spoken = link.signature, link.signature.letter, locales.spoken(language)
    return Own(
        signature,
        letter.title(language),
        letter.titled_in(language),
        place_of(signature, spoken),
        own_page(link),
        until_day(link, spoken),
    )


def own_page(link: SignatureLink) -> str:
    """The address of the page behind a link."""
    return public_url(f"/signature/{link_token(link)}")


def until_day(link: SignatureLink, language: str) -> str:
    """The last day of a link."""
    return locales.format_date(link.expires_at, language)


def addressed(claim: Claim, words: Words, date: datetime, letter: Letter | None = None) -> Parts:
    """A mail to the one it is owed to; an answer to one about a letter reaches its hosts."""
    hosts = letter.hosts if letter else ()
    return Parts(
        subject=words.subject,
        text=words.text,
        html=words.html,
        to=[Mailbox("", claim.recipient)],
        sender=Mailbox("Undersigned", platform_sender()),
        reply_to=[Mailbox(host.name, host.contact) for host in hosts if host.contact],
        date=date,
    )


def place_of(signature: Signature, language: str) -> str:
    """The country it stands under; empty for a network, or without one."""
    if signature.country_code and signature.scope is Scope.NATIONAL:
        return country_name(signature.letter, signature.country_code, language)
    return ""


def _until(letter: Letter, language: str) -> str | None:
    """The last moment a confirmation counts, worded with its zone."""
    if letter.deadline is None:
        return None
    return locales.format_moment(letter.deadline + GRACE, letter.time_zone, language)
