"""From where a request came. Only doors and this kit know of it; rooms get it as a value."""

from flask import current_app, request

from campaign.core.networks import Caller, read_address


def caller() -> Caller:
    """Who sent this request, as far as the network says.

    Each proxy writes the address that spoke to it at the end of `X-Forwarded-For`. Counted from the end, as
    many entries as there are configured proxies (`TRUSTED_PROXIES`) were written by ours; anything before
    them came with the request and may be made up. Where there are fewer, the first is still one of ours.
    """
    hops: int = current_app.config["SETTINGS"].trusted_proxies
    # Several lines of the header reach us joined by commas. A list of addresses knows no quoting: a quotation
    # mark in a made-up entry must not swallow those behind it.
    entries = request.environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hops else [""]
    believed = entries[-min(hops, len(entries))] if hops else ""
    return Caller(read_address(believed or request.environ.get("REMOTE_ADDR") or ""))
