"""What is corrected in a row: the displayed name, the country, the scope. What was typed stays."""

from collections.abc import Mapping

from campaign.audit.rules import Actor
from campaign.core import countries
from campaign.core.errors import InvalidInput
from campaign.desk.fields import country_code
from campaign.organisations.rules import Scope
from campaign.signing import moderation
from campaign.signing.models import Signature


def apply_correction(signature: Signature, sent: Mapping[str, str], actor: Actor) -> bool:
    """Correct a sign-on as its row was typed: `name`, `country` (a name or code), `scope`, `website`.

    A missing field changes nothing. Returns whether anything changed. Raises InvalidInput, or Conflict when
    the corrected organisation stands on the letter already.
    """
    name = sent.get("name", signature.name)
    own = signature.letter.country_names
    code = _country(sent["country"], own) if "country" in sent else signature.country_code
    try:
        scope = Scope(sent.get("scope", signature.scope.value))
    except ValueError as fault:
        raise InvalidInput("there is no such scope", "scope") from fault
    website = _website(sent.get("website", signature.website or ""))
    asked = (name, code, scope, website)
    if asked == (signature.name, signature.country_code, signature.scope, signature.website or ""):
        return False
    moderation.correct(signature, name, code, scope, actor, website)
    return True


def _website(typed: str) -> str:
    typed = typed.strip()
    return typed if not typed or "://" in typed else f"https://{typed}"


def _country(typed: str, own: countries.Names) -> str | None:
    code = country_code(typed, own)
    if typed.strip() and code is None:
        raise InvalidInput(
            "we do not know this country; choose one of the suggestions, or leave it empty", "country"
        )
    return code
