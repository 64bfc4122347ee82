"""What is asked beyond a ward's own devices: the way to the centre, resolvers, services."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from probes.model import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.model import Ward
    from probes.wire import Family

_FAMILIES: Mapping[str, tuple[Family | None, ...]] = MappingProxyType(
    {"auto": (None,), "v4": (4,), "v6": (6,), "dual": (4, 6)}
)


def peers_of(ward: Ward) -> tuple[tuple[str, str], ...]:
    """Names and addresses of the ward's devices."""
    return tuple((device.name, str(device.address)) for device in ward.devices)


def hops(ward: Ward) -> Iterator[Target]:
    """The centre gateway and the carrier's edge, which are pinged."""
    if ward.path is None:
        return
    for name, hop in (("gateway", ward.path.gateway), ("pe", ward.path.pe)):
        if hop is not None:
            yield Target(
                ward=ward.ward,
                name=name,
                kind="gateway",
                role=name,
                host=str(hop.address),
                peers=peers_of(ward),
            )


def reflectors(ward: Ward, vantage: str) -> Iterator[Target]:
    """The far end of the line as seen from where the agent stands."""
    if ward.path is None:
        return
    far = ward.path.reflector if vantage == "ward" else ward.path.ward_reflector
    if far is not None:
        host = str(far.address)
        url = f"stamp://[{host}]:{far.port}" if ":" in host else f"stamp://{host}:{far.port}"
        yield Target(
            ward=ward.ward,
            name="reflector",
            kind="reflector",
            role="reflector",
            host=host,
            url=url,
            ping=False,
            profile=ward.path.profile,
        )


def resolvers(ward: Ward, vantage: str) -> Iterator[Target]:
    """Whom the ward's machines ask for names, as seen from where the agent stands."""
    if ward.dns is None:
        return
    own = ward.dns.ward if vantage == "ward" else None
    asked = {"resolver": own or ward.dns.city, "resolver-city": ward.dns.city if own else None}
    for name, resolver in asked.items():
        if resolver is not None:
            host = str(resolver.address)
            at = f"[{host}]" if ":" in host else host
            yield Target(
                ward=ward.ward,
                name=name,
                kind="resolver",
                role="resolver",
                host=host,
                url=f"dns://{at}:{resolver.port}/{ward.dns.canary.name}",
                ping=False,
                expect=ward.dns.canary.expect,
            )


def services(ward: Ward) -> Iterator[Target]:
    """Every service at every kind of address at which it is checked."""
    for service in ward.services:
        for name, family in zip(service.names, _FAMILIES[service.family], strict=True):
            yield Target(
                ward=ward.ward,
                name=name,
                kind=f"service:{service.module}",
                role="service",
                host=_hostname(service.url),
                url=service.url,
                ca=service.ca,
                pin=service.pin,
                expect=service.expect,
                family=family,
                allow_hosts=tuple(host.lower() for host in service.allow_hosts),
                flow=service.flow,
                sip=service.sip,
            )


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""  # the probe says so with reason config
