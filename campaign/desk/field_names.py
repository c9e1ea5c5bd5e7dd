"""What the record calls the parts of a letter and of a sign-on, in words."""

from flask_babel import gettext as _


def field_name(name: str) -> str:
    """The part that changed, as a person calls it; one without words stands by its name."""
    return (_of_letters() | _of_signatures()).get(name, name)


def _of_letters() -> dict[str, str]:
    return {
        "original_language": _("original language"),
        "titles": _("titles"),
        "texts": _("texts"),
        "nouns": _("what signatories are called"),
        "notices": _("notice"),
        "date": _("date"),
        "place": _("place"),
        "reference": _("reference"),
        "time_zone": _("time zone"),
        "acceptance": _("how sign-ons are accepted"),
        "at_risk": _("signatories at risk"),
        "visibilities": _("choices of being shown"),
        "order": _("order of the list"),
        "circulation": _("circulation"),
        "deadline": _("deadline"),
        "release_delay": _("time to take a release back"),
        "sealed_to": _("sealing key"),
        "country_names": _("names of countries"),
        "text_rule": _("what may change in the text"),
        "silence": _("what silence means"),
        "further_bodies": _("further bodies"),
        "hosts": _("hosts"),
        "addressees": _("addressees"),
        "documents": _("documents"),
    }


def _of_signatures() -> dict[str, str]:
    return {
        "name": _("name"),
        "name_other": _("second name"),
        "organisation_other": _("second name"),
        "country": _("country"),
        "country_code": _("country"),
        "scope": _("scope"),
        "website": _("website"),
        "representative": _("representative"),
        "role": _("role"),
        "email": _("mail address"),
    }
