"""The record in words: what each recorded act is called at the desk."""

from collections.abc import Sequence
from itertools import groupby

from flask_babel import gettext as _

from campaign.audit.models import AuditEntry
from campaign.core import locales
from campaign.desk.field_names import field_name
from campaign.desk.words import audience, visibility
from campaign.letters.mails import acts as letter_acts
from campaign.letters.rules import Visibility
from campaign.signing.rules import Audience
from campaign.web.language import language


def runs(entries: Sequence[AuditEntry]) -> list[tuple[AuditEntry, int]]:
    """The newest of each run of equal acts by the same somebody, and how many more: a bulk is one line."""
    # The acceptances of an import are told by the import's own line.
    told = [e for e in entries if (e.details or {}).get("source") != "import" and not _is_told_elsewhere(e)]
    grouped = groupby(told, key=lambda e: (e.action, e.actor_kind, e.actor_id))
    return [(run[0], len(run) - 1) for run in (list(found) for _key, found in grouped)]


def _is_told_elsewhere(entry: AuditEntry) -> bool:
    """Whether a sign-on was decided with others: the act has a line of its own."""
    return entry.subject_kind == "signature" and "decision" in (entry.details or {})


def act(entry: AuditEntry) -> str:
    """What was done; an act without words here stands by its name."""
    refused = entry.action == "signature.expired" and (entry.details or {}).get("refused")
    action = "signature.not_theirs" if refused else entry.action
    words = (_known() | _of_sending() | _of_limits() | _of_rules()).get(action)
    if words is None:
        told = letter_acts().get(entry.action)
        return _("letter %(what)s", what=told) if told else entry.action
    return words % _facts(entry)


def _facts(entry: AuditEntry) -> dict[str, object]:
    """What a sentence may name: numbers and codes, for the record holds nothing else."""
    details = entry.details or {}
    changed = details.get("changed")
    return {
        "id": entry.subject_id,
        "number": details.get("number") or details.get("edition") or entry.subject_id,
        "new": details.get("new", 0),
        "rows": details.get("rows", 0),
        "recipients": details.get("recipients", 0),
        "failed": details.get("failed", 0),
        "count": details.get("count", 0),
        "matched": details.get("matched", 0),
        "most": details.get("most", 0),
        "span": details.get("span", 0),
        "audience": _listed_for(details.get("audience")),
        "was": _seen(details.get("was")),
        "to": _seen(details.get("to")),
        "changed": locales.listing([*map(field_name, changed)], language()) if changed else _("nothing"),
    }


def _seen(value: str | None) -> str:
    return visibility(Visibility(value)) if value in set(Visibility) else ""


def _listed_for(value: str | None) -> str:
    return audience(Audience(value)) if value in set(Audience) else ""


def _known() -> dict[str, str]:
    return _of_letters() | _signing() | _of_text() | _sending() | _of_organisations()


def _of_letters() -> dict[str, str]:
    return {
        "letter.created": _("letter written down"),
        "letter.changed": _("letter changed: %(changed)s"),
        "letter.open": _("letter opened for signature"),
        "letter.closed": _("letter closed"),
        "letter.withdrawn": _("letter withdrawn"),
        "letter.paused": _("signing paused"),
        "letter.resumed": _("signing resumed"),
        "letter.extended": _("deadline extended"),
        "letter.published": _("letter published"),
        "link.made": _("private link made for a host"),
        "link.revoked": _("private link revoked"),
    }


def _signing() -> dict[str, str]:
    return {
        "sheet.kept": _("sheet of sign-ons brought to the desk"),
        "sheet.given_up": _("sheet of sign-ons given up"),
        "sheet.taken_back": _("a sheet taken back, sign-ons: %(rows)s"),
        "signature.signed": _("sign-on %(id)s came in"),
        "signature.pending": _("sign-on %(id)s put on the desk"),
        "signature.held": _("sign-on %(id)s held"),
        "signature.queried": _("sign-on %(id)s asked back"),
        "signature.unverified": _("sign-on %(id)s waits to be confirmed"),
        "signature.accepted": _("sign-on %(id)s accepted"),
        "signature.rejected": _("sign-on %(id)s rejected"),
        "signature.superseded": _("sign-on %(id)s gave way to another of the same organisation"),
        "signature.withdrawn": _("sign-on %(id)s withdrawn"),
        "signature.expired": _("sign-on %(id)s expired"),
        "signature.not_theirs": _("sign-on %(id)s refused by whoever reads its mailbox"),
        "signature.erased": _("sign-on %(id)s erased"),
        "signature.corrected": _("sign-on %(id)s corrected: %(changed)s"),
        "signature.asked_again": _("confirmation of sign-on %(id)s sent again"),
        "signature.shown": _("sign-on %(id)s shown to others than before: %(was)s, now %(to)s"),
        "signature.news": _("news wanted or no longer wanted by the signatory of sign-on %(id)s"),
        "signature.wished": _("sign-on %(id)s: its signatory asks for a correction: %(changed)s"),
        "signature.wish_granted": _("correction of sign-on %(id)s made as asked: %(changed)s"),
        "signature.wish_refused": _("correction of sign-on %(id)s refused: %(changed)s"),
        "signature.link_sent": _("link of sign-on %(id)s sent to its signatory"),
        "links.asked_for": _("links to signatures asked for"),
        "signature.address_corrected": _("mail address of sign-on %(id)s corrected"),
        "signatures.imported": _("a sheet brought in, sign-ons: %(new)s"),
        "signatures.exported": _("list with contacts downloaded (%(audience)s)"),
        "tally.repaired": _("figures repaired from the list"),
    }


def _of_text() -> dict[str, str]:
    return {
        "text.minor": _("version %(number)s of the text: a slip corrected"),
        "text.substantive": _("version %(number)s of the text: signatories are asked to confirm again"),
        "text.settled": _("version %(number)s of the text: the time to confirm is over"),
        "signatures.asked": _("%(new)s signatories asked about version %(number)s of the text"),
        "signatures.reminded": _("%(new)s signatories reminded of version %(number)s of the text"),
        "signatures.reminding": _("signatories to be reminded of version %(number)s of the text"),
        "signature.agreed": _("sign-on confirmed for version %(number)s of the text"),
        "signature.refused": _("sign-on not confirmed for the changed text"),
        "signature.invalidated": _("sign-on %(id)s taken off the list"),
    }


def _of_organisations() -> dict[str, str]:
    return {
        "organisation.merged": _("two organisations found to be one, and merged"),
        "organisation.parted": _("merge of two organisations undone"),
        "organisation.told_apart": _("two organisations told apart"),
        "organisation.named": _("organisation %(id)s known by one more name"),
        "organisation.unnamed": _("organisation %(id)s no longer known by a name"),
        "organisation.domain_dropped": _("a domain taken off organisation %(id)s"),
    }


def _sending() -> dict[str, str]:
    return {
        "edition.frozen": _("edition %(number)s frozen"),
        "edition.rendered": _("edition’s files printed"),
        "edition.failed": _("edition’s files could not be printed"),
        "edition.redacted": _("a signatory erased from edition %(number)s"),
        "edition.reprinted": _("edition’s files printed again, without who was erased"),
        "tally.repaired": _("figures repaired from the list"),
    }


def _of_rules() -> dict[str, str]:
    return {
        "contacts.exported": _("%(count)s sealed contacts downloaded"),
        "invalidation.proposed": _("a rule for many sign-ons written down: it means %(matched)s"),
        "invalidation.started": _("bulk invalidation confirmed, sign-ons: %(matched)s"),
        "invalidation.cancelled": _("bulk invalidation cancelled, sign-ons until then: %(count)s"),
        "invalidation.done": _("bulk invalidation done, sign-ons: %(count)s"),
        "invalidation.undoing": _("bulk invalidation taken back"),
        "invalidation.undone": _("bulk invalidation undone, sign-ons put back: %(count)s"),
    }


def _of_limits() -> dict[str, str]:
    return {
        "signatures.accepted": _("accepted in one act, sign-ons: %(count)s"),
        "signatures.rejected": _("rejected in one act, sign-ons: %(count)s"),
        "signatures.taken_back": _("a decision taken back, sign-ons: %(count)s"),
        "letter.unusual": _("team told of an hour unlike those before it, sign-ons: %(count)s"),
        "limit.set": _("limit for sign-ons set: %(most)s in %(span)s seconds"),
        "limit.removed": _("limit for sign-ons removed: %(most)s in %(span)s seconds"),
        "access.listed": _("network or mail domain put on a list"),
        "access.removed": _("network or mail domain taken off a list"),
    }


def _of_sending() -> dict[str, str]:
    return {
        "dispatch.proposed": _("edition %(number)s proposed to %(recipients)s recipients"),
        "dispatch.released": _("edition %(number)s released to %(recipients)s recipients"),
        "dispatch.voided": _("release of edition %(number)s void: the letter was changed after its approval"),
        "dispatch.redacted": _("team told: a signatory was erased from edition %(number)s before it left"),
        "dispatch.stopped": _("release of edition %(number)s stopped: the letter is over"),
        "dispatch.left": _("edition %(number)s left for %(recipients)s recipients"),
        "dispatch.cancelled": _("release of edition %(number)s taken back"),
        "dispatch.tried": _("trial of edition %(number)s sent to oneself"),
        "dispatch.corrected": _("address corrected, to send edition %(number)s there"),
        "dispatch.troubled": _("team told: edition %(number)s did not reach %(failed)s recipients"),
        "dispatch.published": _("letter published after edition %(number)s had left"),
        "dispatch.publication_stopped": _("letter not published: edition %(number)s was refused by a server"),
        "dispatch.done": _("task closed"),
        "mail.bounced": _("a mail came back"),
        "mail.decided": _("decided what became of a mail whose outcome was unknown"),
        "response.acknowledged": _("an addressee’s receipt written down"),
        "response.replied": _("an addressee’s reply written down"),
        "response.published": _("an addressee’s reply published"),
        "response.unpublished": _("an addressee’s reply no longer published"),
        "mailbox.erased": _("everything of a mailbox erased"),
        "contacts.rotated": _("contacts encrypted with a new key"),
        "import.given_up": _("a sheet given up: somebody in it was erased"),
        "signature.asker_erased": _("who asked for sign-on %(id)s erased"),
        "retention.done": _("what was kept long enough deleted"),
        "backup.created": _("backup made"),
        "backup.restored": _("backup restored; open releases are held"),
        "outbox.resumed": _("mail goes on after a restore"),
    }
