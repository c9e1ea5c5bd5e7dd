"""Whose a domain is: the part of a website or mailbox that somebody registered, and who gives it to all.

Offline: the Mozilla Public Suffix List comes with the publicsuffixlist package, its private part included,
so that two blogs at one host are two; hosts of pages that the list leaves out stand here.
"""

import ipaddress
import re
import unicodedata
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from campaign.core.text import clean

_LIST = Path(__file__).parent / "data" / "mail_providers.txt"
_DOTTED = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")

# Hosts whose customers' sites are subdomains of theirs, beside those of the Public Suffix List.
_SITES_BELOW = frozenset(
    """
    wordpress.com tumblr.com weebly.com jimdo.com jimdofree.com over-blog.com canalblog.com e-monsite.com
    livejournal.com blog4ever.com skyrock.com unblog.fr free.fr altervista.org webs.com simplesite.com
    site123.me mystrikingly.com squarespace.com substack.com wixsite.com yolasite.com ucoz.ru ucoz.net
    narod.ru tilda.ws taplink.cc carrd.co neocities.org hypotheses.org noblogs.org blackblogs.org
    webnode.com webnode.cz webnode.page webnode.fr webnode.es estranky.cz page.tl godaddysites.com
    """.split()
)
# Hosts whose members have a path there: their domain says nothing of whose page it is.
_PAGES_WITHIN = frozenset(
    """
    facebook.com fb.com fb.me instagram.com twitter.com x.com linkedin.com youtube.com youtu.be tiktok.com
    t.me telegram.me wa.me whatsapp.com vk.com ok.ru weibo.com google.com goo.gl medium.com linktr.ee
    bsky.app mastodon.social threads.net github.com gofundme.com change.org justgiving.com betterplace.org
    flickr.com vimeo.com soundcloud.com wikipedia.org bit.ly tinyurl.com dropbox.com notion.site
    """.split()
)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def registrable_domain(text: str) -> str | None:
    """The registrable domain of a URL, a host name or a mail address, in ASCII and lower case.

    None for what holds none: a public suffix alone, a page within somebody else's site, an IP address,
    something else.
    """
    host = _host(text)
    if not host or "." not in host or _is_address(host):
        return None
    own = _suffixes().privatesuffix(host)
    if own is None or own in _PAGES_WITHIN:
        return None
    if own in _SITES_BELOW:
        before = host.removesuffix(own).strip(".").rpartition(".")[2]
        return f"{before}.{own}" if before not in ("", "www") else None
    return str(own)


def addresses_in(text: str) -> set[str]:
    """What in a text mail programs may make a link of: hosts below a suffix that exists, network addresses,
    and the marks of an address by themselves.

    Empty for words with dots in them, such as "e.V." or "St.Paul".
    """
    plain = unicodedata.normalize("NFKC", clean(text)).lower().replace("\u3002", ".")
    found = {mark for mark in ("://", "www.", "@", "mailto:") if mark in plain}
    return found | {host for host in map(_host, _DOTTED.findall(plain)) if host and _may_exist(host)}


def _may_exist(host: str) -> bool:
    return _is_address(host) or _suffixes().publicsuffix(host, accept_unknown=False) not in (None, host)


def _host(text: str) -> str | None:
    text = text.strip().lower()
    if "@" in text and "/" not in text:
        text = text.rpartition("@")[2]
    if "//" not in text:
        text = f"//{text}"
    try:
        host = (urlsplit(text).hostname or "").rstrip(".")
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (ValueError, UnicodeError):
        return None
    fits = len(host) <= 253 and all(len(p) <= 63 and _LABEL.fullmatch(p) for p in host.split("."))
    return host if fits else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_for_examples(domain: str) -> bool:
    """Whether a domain is reserved for examples (RFC 2606), so that it is nobody's own."""
    return domain in ("example.com", "example.net", "example.org")


@cache
def _providers() -> tuple[frozenset[str], frozenset[str]]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    listed = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    families = {line.removesuffix(".*") for line in listed if line.endswith(".*")}
    return frozenset(listed), frozenset(families)


def is_free_mail(domain: str) -> bool:
    """Whether a domain gives mailboxes to everybody, or to all customers, so that one says nothing of who
    its holder is."""
    own = registrable_domain(domain) or domain.strip().lower()
    listed, families = _providers()
    return own in listed or domain.strip().lower() in listed or own.split(".")[0] in families
