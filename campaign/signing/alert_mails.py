"""The mail to coordinators about sign-ons that come in as they never did."""

from campaign.audit.models import AuditEntry
from campaign.core import locales
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.outbox.bodies import notice
from campaign.outbox.message import Mailbox, Parts
from campaign.outbox.writing import platform_sender, public_url, write


@notice
def unusual_hour(locale: str, entry_id: int) -> Parts | None:
    """To a coordinator: so many sign-ons in an hour, and where to look, set limits or pause."""
    entry = db.session.get(AuditEntry, entry_id)
    letter = db.session.get(Letter, entry.letter_id) if entry and entry.letter_id else None
    if entry is None or letter is None:
        return None
    page = public_url(f"/desk/letters/{letter.slug}")
    words = write(
        "unusual_hour",
        title=letter.title(locale),
        titled_in=letter.titled_in(locale),
        figure=locales.format_number(entry.details["count"], locale),
        usual=locales.format_number(entry.details["usual"], locale),
        moment=locales.format_moment(entry.at, letter.time_zone, locale),
        limits=f"{page}/limits",
        queue=f"{page}/queue",
        notice=letter.notice(locale),
        noticed_in=letter.noticed_in(locale),
        locale=locale,
    )
    return Parts(
        subject=words.subject,
        text=words.text,
        html=words.html,
        sender=Mailbox("Undersigned", platform_sender()),
        date=entry.at,
    )
