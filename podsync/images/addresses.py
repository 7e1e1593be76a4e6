"""Which IP addresses belong to the public internet: everything else is refused (no SSRF).

Own lists, not `ipaddress.is_global`, whose meaning differs between Python versions. IPv6 is refused
unless it is known to be public; forms that carry an IPv4 address (mapped, NAT64) count as that one.
Sources: IANA's special-purpose address registries for IPv4 and IPv6.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_V4: Final = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address shared by a carrier's customers"),
        ("127.0.0.0/8", "this machine"),
        ("168.63.129.16/32", "a cloud's own service"),  # Azure's host, as its virtual machines see it
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a reserved address"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a reserved address"),
        ("198.51.100.0/24", "a reserved address"),
        ("203.0.113.0/24", "a reserved address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_V6_NAMED: Final = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("::/128", "an unspecified address"),
        ("::1/128", "this machine"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("ff00::/8", "a multicast address"),
    )
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_PUBLIC: Final = IPv6Network("2000::/3")
#: Inside 2000::/3 and yet no host of the internet: protocols (Teredo), documentation, 6to4.
_NOT_PUBLIC: Final = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
#: Last parts of names that no public server has.
_LOCAL: Final = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)


def refusal(text: str) -> str:
    """Return why the IP address `text` may not be reached, as "a private address"; "" when it may."""
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    return _refused_v4(address) if isinstance(address, IPv4Address) else _refused_v6(address)


def _refused_v4(address: IPv4Address) -> str:
    return next((what for network, what in _V4 if address in network), "")


def _refused_v6(address: IPv6Address) -> str:
    if address.scope_id is not None:
        return "a link-local address"
    if address in _MAPPED or address in _NAT64:
        return _refused_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    named = next((what for network, what in _V6_NAMED if address in network), "")
    if named:
        return named
    if address not in _PUBLIC or any(address in network for network in _NOT_PUBLIC):
        return "a reserved address"
    return ""


def refused_name(host: str) -> str:
    """Return why a host name cannot be public, whatever it resolves to; "" if it can.

    An address is judged by itself. Other spellings of IPv4 (`2130706433`, `0177.0.0.1`, `0x7f.1`) are what
    resolvers still read as one; no public name ends in a number (RFC 3696, 2).
    """
    name = host.rstrip(".").lower()
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        return refusal(name)
    last = name.rpartition(".")[2]
    if not last or last[0].isdigit():
        return "an address in disguise"
    local = "." not in name or last in _LOCAL or name.endswith(".home.arpa")
    return "a name of the local network" if local else ""
