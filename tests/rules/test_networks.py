"""Network addresses as they are written, the networks around them, and CIDR patterns."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.networks import Caller, read_address, read_network, within

ADDRESSES = st.ip_addresses()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7:50123", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("192.0.2", None),
        ("192.0.2.256", None),
        ("192.0.2.07", None),
        ("0xc0.0.2.7", None),
        ("3221225991", None),
        ("192.0.2.7, 192.0.2.8", None),
        ('"192.0.2.7"', None),
        ("192.0.2.7:port", None),
        ("[192.0.2.7", None),
        ("2001:db8::7::1", None),
        ("١٩٢.0.2.7", None),
        ("1" * 100, None),
        ("\0", None),
    ],
)
def test_an_address_as_it_is_written(text: str, address: str | None) -> None:
    found = read_address(text)
    assert (str(found) if found else None) == address


@given(st.text())
def test_whatever_stands_there_is_an_address_or_none(text: str) -> None:
    found = read_address(text)
    assert found is None or ipaddress.ip_address(str(found)) == found


@given(ADDRESSES, st.integers(0, 65535))
def test_ports_brackets_and_zones_say_nothing_about_who_it_is(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    plain = read_address(str(address))
    if address.version == 4:
        assert read_address(f"{address}:{port}") == plain == address
    else:
        assert read_address(f"[{address}]:{port}") == read_address(f"{address}%en0") == plain


@pytest.mark.parametrize(
    ("text", "alone", "near", "wide"),
    [
        ("192.0.2.7", "192.0.2.7/32", "192.0.2.0/24", None),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:3::4/128", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("garbage", "unknown", "unknown", None),
    ],
)
def test_the_networks_around_a_caller(text: str, alone: str, near: str, wide: str | None) -> None:
    caller = Caller(read_address(text))
    assert (caller.alone, caller.near, caller.wide) == (alone, near, wide)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.77/24", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        (" 2001:db8:1:2::7/64", "2001:db8:1:2::/64"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("192.0.2.0/33", None),
        ("2001:db8::/129", None),
        ("::ffff:192.0.2.0/24", None),
        ("192.0.2.0/255.255.255.0", None),
        ("192.0.2.0/", None),
        ("192.0.2.0/-1", None),
        ("192.0.2.0/²", None),
        ("192.0.2.0/24/24", None),
        ("192.0.2", None),
        ("192.0.2.*", None),
        ("example.org", None),
        ("", None),
    ],
)
def test_a_network_as_people_type_it(text: str, network: str | None) -> None:
    found = read_network(text)
    assert (str(found) if found else None) == network


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-f:.]{1,40}/[0-9]{1,4}", fullmatch=True))
def test_whatever_is_typed_is_a_network_or_none(text: str) -> None:
    found = read_network(text)
    assert found is None or read_network(str(found)) == found


@given(ADDRESSES, st.data())
def test_an_address_lies_in_each_network_around_it_and_in_no_other(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, data: st.DataObject
) -> None:
    bits = data.draw(st.integers(1, address.max_prefixlen))
    network = ipaddress.ip_network((address, bits), strict=False)
    other = ipaddress.ip_address(int(address) ^ (1 << (address.max_prefixlen - bits)))
    assert within(address, network)
    assert not within(other, network)
    assert not within(None, network)


def test_addresses_of_the_other_kind_lie_in_no_network() -> None:
    assert not within(ipaddress.ip_address("2001:db8::1"), ipaddress.ip_network("0.0.0.0/0"))
    assert not within(ipaddress.ip_address("192.0.2.1"), ipaddress.ip_network("::/0"))
