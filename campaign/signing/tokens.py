"""The tokens of mailed links."""

from campaign.core.secrets import token


def confirmation_token(confirmation_id: int, nonce: str) -> str:
    """The token in a mailed confirmation link, made anew from the row that asks for it."""
    return token("confirm", confirmation_id, nonce)
