"""The mails about letters as such: what an operator did."""

from flask_babel import gettext as _

from campaign.audit.models import AuditEntry
from campaign.core import locales
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.outbox.bodies import notice
from campaign.outbox.message import Mailbox, Parts
from campaign.outbox.writing import platform_sender, public_url, write


@notice
def operator_acted(locale: str, entry_id: int) -> Parts | None:
    """To coordinators: somebody with access to the server did this to the letter."""
    entry = db.session.get(AuditEntry, entry_id)
    letter = db.session.get(Letter, entry.letter_id) if entry and entry.letter_id else None
    if entry is None or letter is None:
        return None
    words = write(
        "operator_acted",
        title=letter.title(locale),
        act=acts().get(entry.action, entry.action),
        moment=locales.format_moment(entry.at, letter.time_zone, locale),
        link=public_url(f"/desk/letters/{letter.slug}"),
        notice=letter.notice(locale),
        locale=locale,
        direction=locales.direction(locale),
    )
    return Parts(
        subject=words.subject,
        text=words.text,
        html=words.html,
        sender=Mailbox("Undersigned", platform_sender()),
        date=entry.at,
    )


def acts() -> dict[str, str]:
    """What each recorded act is called when it is told to people."""
    return {
        "letter.open": _("opened for signature"),
        "letter.closed": _("closed"),
        "letter.archived": _("archived"),
        "letter.withdrawn": _("withdrawn"),
        "letter.paused": _("paused"),
        "letter.resumed": _("resumed"),
        "letter.extended": _("given a later deadline"),
        "letter.published": _("published"),
        "dispatch.released": _("released to its addressees"),
        "dispatch.cancelled": _("kept from leaving: the release was cancelled"),
    }
