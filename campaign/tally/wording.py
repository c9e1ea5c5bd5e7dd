"""The headline in words: "137 groups from 55 countries", in the reader's language and plural."""

from flask_babel import gettext as _
from flask_babel import ngettext

from campaign.tally.rules import Figures

NOUNS = ("groups", "organisations", "NGOs")


def groups(count: int, noun: str) -> str:
    """So many signatories, by the letter's noun; a noun of its own stands as it is written."""
    if noun == "organisations":
        return ngettext("%(num)d organisation", "%(num)d organisations", count)
    if noun == "NGOs":
        return ngettext("%(num)d NGO", "%(num)d NGOs", count)
    if noun == "groups":
        return ngettext("%(num)d group", "%(num)d groups", count)
    return f"{count} {noun}"


def countries(count: int) -> str:
    """So many countries."""
    return ngettext("%(num)d country", "%(num)d countries", count)


def headline(figures: Figures, noun: str) -> str:
    """The one headline of every audience; without a listed country only the groups are named."""
    if not figures.countries:
        return groups(figures.signatories, noun)
    return _(
        "%(groups)s from %(countries)s",
        groups=groups(figures.signatories, noun),
        countries=countries(figures.countries),
    )


def further(more: int, figures: Figures, noun: str) -> str:
    """The headline of a further list: "3 more groups, now 140 groups from 55 countries".

    Without any more, after corrections, only where it stands now.
    """
    now = headline(figures, noun)
    if more <= 0:
        return _("Now %(headline)s", headline=now)
    return _("%(more)s, now %(headline)s", more=_more(more, noun), headline=now)


def _more(count: int, noun: str) -> str:
    if noun == "organisations":
        return ngettext("%(num)d more organisation", "%(num)d more organisations", count)
    if noun == "NGOs":
        return ngettext("%(num)d more NGO", "%(num)d more NGOs", count)
    if noun == "groups":
        return ngettext("%(num)d more group", "%(num)d more groups", count)
    # A noun of the letter's own follows in the headline; where "more" would stand beside it we cannot know.
    return ngettext("%(num)d more", "%(num)d more", count)


def headings() -> dict[str, str]:
    """Headings of those who stand under no country."""
    return {
        "regional": _("Regional networks"),
        "international": _("International networks"),
        "": _("No country given"),
    }
