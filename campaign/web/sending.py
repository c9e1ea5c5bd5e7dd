"""The check of the domain our mail comes from, with this platform's settings."""

from flask import current_app

from campaign.core.domains import Finding, check


def domain_findings() -> list[Finding]:
    """What name servers say of the sending domain: SPF, DKIM and DMARC. Takes up to three seconds."""
    settings = current_app.config["SETTINGS"]
    sender: str = settings.mail_default_sender
    return check(sender, settings.bounce_address or sender, settings.dkim_selectors)
