from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.images.addresses import refusal, refused_name
from podsync.images.https import UnseenError, resolve, target

PRIVATE = [
    "0.0.0.1", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255",
]  # fmt: skip


def embedded(prefix: str, v4: str, shift: int = 0) -> str:
    a, b, c, d = map(int, v4.split("."))
    return str(IPv6Address(int(IPv6Address(prefix)) | ((a << 24 | b << 16 | c << 8 | d) << shift)))


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused_in_every_form_that_carries_it(address):
    assert refusal(address)
    assert refusal(embedded("::ffff:0:0", address))  # mapped
    assert refusal(embedded("64:ff9b::", address))  # NAT64
    assert refusal(embedded("64:ff9b:1::", address))  # a network's own NAT64
    assert refusal(embedded("::", address))  # IPv4-compatible
    assert refusal(embedded("2002::", address, 80))  # 6to4
    assert refusal(embedded("2001::", address))  # Teredo


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_reached_also_by_NAT64(address):  # noqa: N802
    assert refusal(address) == ""
    assert refusal(embedded("64:ff9b::", address)) == ""
    assert refusal(embedded("::ffff:0:0", address)) == ""


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1",
     "2001:2::1", "2001:10::1", "2001:db8::1", "2002::1", "3fff::1", "4000::1", "5f00::1", "", "x", "1"],
)  # fmt: skip
def test_other_addresses_of_ipv6_are_refused(address):
    assert refusal(address)


@pytest.mark.parametrize(
    "address", ["2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888"]
)
def test_public_ipv6_is_reached(address):
    assert refusal(address) == ""


@given(st.ip_addresses(v=4))
def test_no_address_that_python_calls_private_passes(address):
    assert refusal(str(address)) or not (address.is_private or address.is_loopback or address.is_multicast)


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_that_python_calls_private_passes(address):
    outside = address.is_private or address.is_loopback or address.is_multicast or address.is_link_local
    carrying = address.ipv4_mapped is not None or str(address).startswith("64:ff9b::")

    assert refusal(str(address)) or carrying or not outside


SPELLINGS = [
    "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.0.1.",
    "0", "00000000177.0.0.1", "0x7F.0x0.0x0.0x1", "169.254.169.254", "2852039166", "0xa9fea9fe",
    "0251.0376.0251.0376", "10.1", "192.168.257", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]",
    "[fe80::1]", "[0:0:0:0:0:0:0:1]", "[fd00::1]",
]  # fmt: skip
NAMES = ["localhost", "LOCALHOST", "localhost.", "x.localhost", "printer.local", "metadata.google.internal",
         "router.lan", "nas", "intranet", "fritz.home.arpa", "db.corp"]  # fmt: skip


@pytest.mark.parametrize("host", [*SPELLINGS, *NAMES])
def test_no_spelling_of_a_local_host_is_ever_asked(host):
    with pytest.raises(UnseenError) as refused:
        target(f"https://{host}/x.png")

    assert refused.value.unseen.rule == "picture-not-public"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_what_the_resolver_makes_of_them_is_refused_as_well(host):
    """The second line of defence: the system's resolver takes these for addresses."""
    assert [refusal(address) for address in resolve(host, 443)] == ["this machine"]


@pytest.mark.parametrize(
    "host", ["cdn.example.com", "a.b.c.test", "xn--bcher-kva.example", "8.8.8.8", "4chan.org"]
)
def test_public_names_may_be_asked(host):
    assert refused_name(host) == ""
