"""What a check of the sending domain found, as sentences for coordinators and operators."""

from flask_babel import gettext as _

from campaign.core.domains import Finding, Kind, Reason


def said(finding: Finding) -> str:
    """A finding in a sentence or two; where something should be done, the last says what."""
    sentences = {Kind.SPF: _spf, Kind.DKIM: _dkim, Kind.DMARC: _dmarc}[finding.kind]
    return (sentences(finding.detail) | _not_checked(finding))[finding.reason]


def _not_checked(finding: Finding) -> dict[Reason, str]:
    what, name = finding.kind.name, finding.detail
    return {
        Reason.NO_ANSWER: _(
            "%(what)s is not checked: no name server answered for %(name)s.", what=what, name=name
        ),
        Reason.RESERVED: _(
            "%(what)s is not checked: %(name)s is a name for examples and tests.", what=what, name=name
        ),
        Reason.NO_SELECTOR: _(
            "DKIM is not checked: no selector is configured. DKIM_SELECTORS names those the relay signs with."
        ),
    }


def _spf(name: str) -> dict[Reason, str]:
    return {
        Reason.SPF_FOUND: _("SPF: %(name)s says which servers may send for it.", name=name),
        Reason.SPF_MISSING: _(
            "SPF: %(name)s does not say which servers may send for it. Publish a record that allows the"
            " relay.",
            name=name,
        ),
        Reason.SPF_SEVERAL: _(
            "SPF: %(name)s has several records, which count as none. Merge them into one.", name=name
        ),
        Reason.SPF_ANYONE: _(
            "SPF: %(name)s lets every server send for it. End the record with “-all” or “~all”.", name=name
        ),
        Reason.SPF_UNDECIDED: _(
            "SPF: %(name)s allows some servers and forbids none. End the record with “-all” or “~all”.",
            name=name,
        ),
        Reason.SPF_LOOKUPS: _(
            "SPF: the record of %(name)s asks for more than 10 other names, and receivers stop there."
            " Shorten it.",
            name=name,
        ),
    }


def _dkim(name: str) -> dict[Reason, str]:
    return {
        Reason.DKIM_FOUND: _("DKIM: there is a key at %(name)s.", name=name),
        Reason.DKIM_MISSING: _(
            "DKIM: there is no key at %(name)s. Publish the one the relay signs with.", name=name
        ),
        Reason.DKIM_REVOKED: _("DKIM: the key at %(name)s is revoked. Publish a new one.", name=name),
        Reason.DKIM_TESTED: _(
            "DKIM: the key at %(name)s is marked as a test, so receivers may overlook it. Remove “t=y”.",
            name=name,
        ),
    }


def _dmarc(name: str) -> dict[Reason, str]:
    return {
        Reason.DMARC_REJECT: _("DMARC: %(name)s asks receivers to reject forged mail.", name=name),
        Reason.DMARC_QUARANTINE: _("DMARC: %(name)s asks receivers to set forged mail aside.", name=name),
        Reason.DMARC_WATCHES: _(
            "DMARC: %(name)s lets forged mail through (p=none). Ask for quarantine or reject once the reports"
            " are clean.",
            name=name,
        ),
        Reason.DMARC_MISSING: _(
            "DMARC: there is no record at %(name)s, nor above it. Some receivers distrust such mail.",
            name=name,
        ),
        Reason.DMARC_SEVERAL: _(
            "DMARC: there are several records at %(name)s, which count as none. Keep one.", name=name
        ),
        Reason.DMARC_UNREADABLE: _(
            "DMARC: the record at %(name)s names no policy that receivers know. Set p= to none, quarantine"
            " or reject.",
            name=name,
        ),
        Reason.NOT_ALIGNED: _(
            "DMARC: bounces go to %(name)s, which is another domain than that of the sender, so that SPF does"
            " not count here and everything rests on DKIM.",
            name=name,
        ),
    }
