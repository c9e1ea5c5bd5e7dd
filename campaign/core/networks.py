"""Network addresses as they are written, the networks around them, and CIDR patterns that name some."""

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST = 64  # octets; the longest address with zone and port is shorter
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"([0-9.]+):\d{1,5}")


@dataclass(frozen=True, slots=True)
class Caller:
    """From where a request came; `address` is None when that cannot be known.

    `near` is the network that one office, home or exit has: the /24 of IPv4, the /64 of IPv6. `wide` is the
    /48 of IPv6, which one holder may fill with networks of their own. All three are for comparing only.
    """

    address: Address | None

    @property
    def near(self) -> str:
        return _around(self.address, 24, 64)

    @property
    def wide(self) -> str | None:
        return _around(self.address, 24, 48) if isinstance(self.address, ipaddress.IPv6Address) else None

    @property
    def alone(self) -> str:
        """The address itself."""
        return _around(self.address, 32, 128)


def _around(address: Address | None, four: int, six: int) -> str:
    if address is None:
        return "unknown"
    bits = four if address.version == 4 else six
    return str(ipaddress.ip_network((address, bits), strict=False))


def read_address(text: str) -> Address | None:
    """An address as proxies and people write it: brackets, port and zone are dropped. None for anything else.

    IPv4 written as IPv6 (RFC 4291 section 2.5.5.2), as some servers do, is IPv4 again.
    """
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if found := _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text):
        text = found[1]
    try:
        # A zone (RFC 4007) says which of our own interfaces, nothing about who is there.
        address = ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
    inside = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return inside or address


def read_network(text: str) -> Network | None:
    """A network in CIDR notation, or the one of a single address. Bits beyond the prefix are dropped.

    None for anything else.
    """
    head, slash, bits = text.strip().partition("/")
    address = read_address(head)
    if address is None:
        return None
    if slash and not (bits.isascii() and bits.isdecimal() and len(bits) <= 3):
        return None  # 10.0.0.0/255.0.0.0 is understood by few, and mistyped easily
    length = int(bits) if slash else address.max_prefixlen
    if ":" in head and address.version == 4 and slash:
        length -= 96  # written as IPv6, meant as the IPv4 inside
    try:
        return ipaddress.ip_network((address, length), strict=False)
    except ValueError:
        return None


def within(address: Address | None, network: Network) -> bool:
    """Whether an address lies in a network; an unknown one lies in none."""
    return address is not None and address.version == network.version and address in network
