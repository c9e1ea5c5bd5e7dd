"""What is corrected in a row: the displayed name, the country, the scope. What was typed stays."""

from collections.abc import Mapping

from campaign.audit.rules import Actor
from campaign.core.errors import InvalidInput
from campaign.desk import words
from campaign.desk.fields import country_code
from campaign.organisations.rules import Scope
from campaign.signing import moderation
from campaign.signing.models import Signature


def apply_correction(signature: Signature, sent: Mapping[str, str], actor: Actor) -> bool:
    """Correct a sign-on as its row was typed: `name`, `country` (a name or code), `scope`.

    A missing field changes nothing. Returns whether anything changed. Raises InvalidInput, or Conflict when
    the corrected organisation stands on the letter already.
    """
    name = sent.get("name", signature.name)
    code = _country(sent.get("country", words.country(signature.country_code)))
    try:
        scope = Scope(sent.get("scope", signature.scope.value))
    except ValueError as fault:
        raise InvalidInput("there is no such scope", "scope") from fault
    if (name, code, scope) == (signature.name, signature.country_code, signature.scope):
        return False
    moderation.correct(signature, name, code, scope, actor)
    return True


def _country(typed: str) -> str | None:
    code = country_code(typed)
    if typed.strip() and code is None:
        raise InvalidInput(
            "we do not know this country; choose one of the suggestions, or leave it empty", "country"
        )
    return code
