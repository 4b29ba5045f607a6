"""Which machines a source may be fetched from: public ones, so that no feed can look inside."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Public by number, but answered by the machine that a virtual one runs on.
_METADATA = frozenset({"168.63.129.16"})


class NotPublic(Exception):
    """A name leads to a machine that is not on the public internet."""


def resolve(host: str, port: int, allowed: Sequence[str] = ()) -> str:
    """The IP address to connect to for `host`, checked; connect to it and nowhere else.

    Every address of the name must be public or in an `allowed` network: one that is not speaks
    against all (a name may answer differently the next time it is asked).
    Raises NotPublic, or OSError when the name leads nowhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not addresses:
        raise OSError("the name has no address")
    for address in addresses:
        if not may_fetch(address, allowed):
            raise NotPublic(address)
    return addresses[0]


def may_fetch(address: str, allowed: Sequence[str] = ()) -> bool:
    """Whether the IP address is public, or in one of the `allowed` networks."""
    ip = _plain(ipaddress.ip_address(address))
    if any(ip in ipaddress.ip_network(network) for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast and str(ip) not in _METADATA


def _plain(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one carries inside, where it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
