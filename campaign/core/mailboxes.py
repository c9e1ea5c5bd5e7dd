"""Mail addresses as people type them."""

from email_validator import EmailNotValidError, validate_email

from campaign.core.errors import InvalidInput


def checked(typed: str, field: str = "email") -> str:
    """A typed mail address in its normal form, without asking the network. Raises InvalidInput."""
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError as fault:
        raise InvalidInput("this is no mail address", field) from fault
