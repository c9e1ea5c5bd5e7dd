"""The record in words: what each recorded act is called at the desk."""

from collections.abc import Sequence
from itertools import groupby

from flask_babel import gettext as _

from campaign.audit.models import AuditEntry
from campaign.letters.mails import acts as letter_acts


def runs(entries: Sequence[AuditEntry]) -> list[tuple[AuditEntry, int]]:
    """The newest of each run of equal acts by the same somebody, and how many more: a bulk is one line."""
    # The acceptances of an import are told by the import's own line.
    told = [e for e in entries if (e.details or {}).get("source") != "import"]
    grouped = groupby(told, key=lambda e: (e.action, e.actor_kind, e.actor_id))
    return [(run[0], len(run) - 1) for run in (list(found) for _key, found in grouped)]


def act(entry: AuditEntry) -> str:
    """What was done; an act without words here stands by its name."""
    words = (_known() | _of_sending()).get(entry.action)
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
        "recipients": details.get("recipients", 0),
        "failed": details.get("failed", 0),
        "audience": details.get("audience", ""),
        "changed": ", ".join(map(str, changed)) if changed else _("nothing"),
    }


def _known() -> dict[str, str]:
    return _signing() | _sending()


def _signing() -> dict[str, str]:
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
        "signature.signed": _("sign-on %(id)s came in"),
        "signature.pending": _("sign-on %(id)s put on the desk"),
        "signature.held": _("sign-on %(id)s held"),
        "signature.accepted": _("sign-on %(id)s accepted"),
        "signature.rejected": _("sign-on %(id)s rejected"),
        "signature.withdrawn": _("sign-on %(id)s withdrawn"),
        "signature.expired": _("sign-on %(id)s expired"),
        "signature.corrected": _("sign-on %(id)s corrected: %(changed)s"),
        "signature.asked_again": _("confirmation of sign-on %(id)s sent again"),
        "signature.address_corrected": _("mail address of sign-on %(id)s corrected"),
        "signatures.imported": _("%(new)s sign-ons imported from a sheet"),
        "signatures.exported": _("list with contacts downloaded (%(audience)s)"),
        "tally.repaired": _("figures repaired from the list"),
    }


def _sending() -> dict[str, str]:
    return {
        "edition.frozen": _("edition %(number)s frozen"),
        "edition.rendered": _("edition’s files printed"),
        "edition.failed": _("edition’s files could not be printed"),
        "tally.repaired": _("figures repaired from the list"),
    }


def _of_sending() -> dict[str, str]:
    return {
        "dispatch.proposed": _("edition %(number)s proposed to %(recipients)s recipients"),
        "dispatch.released": _("edition %(number)s released to %(recipients)s recipients"),
        "dispatch.voided": _("release of edition %(number)s void: the letter was changed after its approval"),
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
        "backup.created": _("backup made"),
        "backup.restored": _("backup restored; open releases are held"),
        "outbox.resumed": _("mail goes on after a restore"),
    }
