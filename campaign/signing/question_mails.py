"""The mails about a changed letter: please confirm again, and its reminder."""

from campaign.core import clock, locales
from campaign.core.comparing import Passage
from campaign.core.db import db
from campaign.letters.rules import Circulation
from campaign.outbox.leases import Claim
from campaign.outbox.message import Parts
from campaign.outbox.writing import public_url, write
from campaign.signing.links import link_token
from campaign.signing.mails import addressed
from campaign.signing.models import SignatureLink
from campaign.signing.telling import silence_means, told_to
from campaign.signing.versions import ASKED_OF, can_answer
from campaign.signing.waiting import answer_by

MOST_PASSAGES, LONGEST_PASSAGE = 12, 700  # what a mail shows of a change; all of it is behind its link


def question(claim: Claim, link_id: int) -> Parts | None:
    """What changed, until when an answer counts, and the link. None when there is nothing left to ask."""
    return _parts(claim, link_id, reminding=False)


def reminder(claim: Claim, link_id: int) -> Parts | None:
    """The same once more. None when there is nothing left to ask."""
    return _parts(claim, link_id, reminding=True)


def _parts(claim: Claim, link_id: int, reminding: bool) -> Parts | None:
    link = db.session.get(SignatureLink, link_id)
    if link is None or not _stands(link):
        return None
    signature, letter, language = link.signature, link.signature.letter, link.signature.language
    spoken = locales.spoken(language)
    told = told_to(signature)
    if told.asked is None or told.asked.id != link.text_version_id or told.asked.reconfirm_by is None:
        return None
    by = answer_by(told.asked.created_at, told.asked.reconfirm_by, link.created_at)
    public = letter.circulation is Circulation.PUBLIC
    words = write(
        "question",
        reminding=reminding,
        signature=signature,
        title=letter.title(language),
        titled_in=letter.titled_in(language),
        notice=letter.notice(language),
        noticed_in=letter.noticed_in(language),
        hosts=locales.listing([host.name for host in letter.hosts], spoken),
        told=told,
        bodies=locales.listing(list(told.bodies), spoken),
        passages=[passage for passage in told.changed[:MOST_PASSAGES] if _is_short(passage)],
        more=any(not _is_short(p) for p in told.changed) or len(told.changed) > MOST_PASSAGES,
        until=locales.format_moment(by, letter.time_zone, spoken),
        silence=silence_means(signature, told.asked, told.bodies, spoken),
        link=public_url(f"/reconfirm/{link_token(link)}"),
        history=public_url(f"/letters/{letter.slug}/history") if public else "",
        locale=language,
    )
    return addressed(claim, words, link.created_at, letter)


def _stands(link: SignatureLink) -> bool:
    over = link.revoked_at is not None or link.used_at is not None or link.expires_at <= clock.now()
    signature = link.signature
    return not over and can_answer(signature) and signature.letter.status in ASKED_OF


def _is_short(passage: Passage) -> bool:
    return len(passage.before) + len(passage.after) <= 2 * LONGEST_PASSAGE
