"""What a check before release found, as sentences."""

from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.desk.words import language_name
from campaign.dispatch.preview import Finding
from campaign.dispatch.rules import Check


def finding(found: Finding) -> str:
    """What a check found, as a sentence."""
    if found.check is Check.UNDECIDED:
        return ngettext(
            "%(num)d confirmed sign-on waits for a decision and will not be in.",
            "%(num)d confirmed sign-ons wait for a decision and will not be in.",
            found.count,
        )
    if found.check is Check.UNCONFIRMED:
        return ngettext(
            "%(num)d sign-on is not confirmed yet and will not be in.",
            "%(num)d sign-ons are not confirmed yet and will not be in.",
            found.count,
        )
    if found.check is Check.HIDDEN:
        return ngettext(
            "%(num)d name in this edition was withdrawn or hidden since. A new one would leave it out.",
            "%(num)d names in this edition were withdrawn or hidden since. A new one would leave them out.",
            found.count,
        )
    return _about(found)


def _about(found: Finding) -> str:
    what = found.about
    return {
        Check.NOT_REVIEWED: _("%(what)s is not reviewed.", what=language_name(what)),
        Check.NO_SALUTATION: _("There is no salutation for %(what)s: cannot send.", what=what),
        Check.NO_ADDRESS: _("There is no mail address for %(what)s: cannot send.", what=what),
        Check.TOO_LARGE: _("The mail to %(what)s is larger than 7 MB: cannot send.", what=what),
        Check.OUTDATED: _(
            "The list has changed since this edition was frozen. A new edition would have what is new."
        ),
        Check.CHANGED: _(
            "Name or salutation of %(what)s changed after this edition was frozen; the PDF still has the old "
            "ones. A new edition would have the new ones.",
            what=what,
        ),
        Check.SEES_LESS: _(
            "%(what)s was set to see fewer names after this edition was frozen: cannot send. A new edition "
            "would fit.",
            what=what,
        ),
        Check.NOT_INSIDE: _(
            "%(what)s was added after this edition was frozen and will not get it. A new edition would "
            "include them.",
            what=what,
        ),
        Check.NOT_AGREED: _(
            "%(count)d of %(of)d signatories have agreed that the letter goes to %(what)s. It names and "
            "counts no others to them.",
            count=found.count,
            of=found.of,
            what=what,
        ),
        Check.NOT_MARKED: _(
            "%(what)s got an earlier list after this edition was frozen, so it cannot show what is new to "
            "them. A new edition would.",
            what=what,
        ),
    }[found.check]
