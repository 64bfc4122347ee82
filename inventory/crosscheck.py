"""Rules that look beyond one key: names that must exist or be unique, cycles, kinds, realms.

Every rule is pure and yields one problem per mistake, at the line of the key that is wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from inventory.guests import guests
from inventory.kind_names import nearest_kind
from inventory.realm import is_simulated
from inventory.service_urls import WITH_TEXT, fits, is_over_tls, port_fits
from inventory.text import one_line
from inventory.units import units
from inventory.validate import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from inventory.document import Document, Keys
    from inventory.errors import Problem
    from inventory.model import Device, Service, Site
    from inventory.sheet import Sheet

MAX_DEPTH = 16
# Names under which a ward's path is polled beside its devices.
RESERVED = frozenset({"gateway", "pe", "reflector", "resolver", "resolver-city"})

_Placed: TypeAlias = "tuple[Sheet, Keys, str]"


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the rules look at. `kinds` None leaves device types unchecked."""

    sheets: Sequence[Sheet]
    site: Site
    site_document: Document | None
    kinds: Collection[str] | None


def crosscheck(whole: Whole) -> Iterator[Problem]:
    """Every mistake that only shows when keys, files and tables are seen together."""
    for rule in (_wards, _site, _identities, _addresses):
        yield from rule(whole)
    yield from guests(whole.sheets)
    for sheet in whole.sheets:
        yield from _kinds(sheet, whole.kinds)
        yield from _references(sheet, whole.sheets)
        yield from _parents(sheet)
        yield from _urls(sheet)
        yield from _realm(sheet, whole.site)


def _wards(whole: Whole) -> Iterator[Problem]:
    """A ward's code is one of the 168, and one file each."""
    for sheet in whole.sheets:
        if sheet.ward.ward not in units():
            yield sheet.document.problem(("ward",), "inventory.unknown_ward", code=sheet.ward.ward)
    codes = ((sheet, ("ward",), sheet.ward.ward) for sheet in whole.sheets)
    yield from _doubled(codes, "inventory.doubled_ward")


def _site(whole: Whole) -> Iterator[Problem]:
    """What site.yaml says fits the wards beside it."""
    site, document = whole.site, whole.site_document
    if document is None:
        return
    if site.realm == "live" and site.world:
        yield document.problem(("world",), "inventory.world_in_live")
    host = urlsplit(site.world).hostname if site.world else None
    if site.realm != "live" and host and not is_simulated(host):
        yield document.problem(("world",), "inventory.real_address", address=host, realm=site.realm)
    if site.vantage == "ward" and len(whole.sheets) > 1:
        yield document.problem(("vantage",), "inventory.ward_of_many", count=len(whole.sheets))
    missing = sorted(set(units()) - {sheet.ward.ward for sheet in whole.sheets})
    if site.city and missing:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        yield document.problem(
            ("city",), "inventory.city_gaps", count=len(missing), all=len(units()), missing=some
        )


def _identities(whole: Whole) -> Iterator[Problem]:
    """Names of devices and links are unique in the inventory, names polled in a ward within it."""
    devices = [(s, (*keys, "name"), d.name) for s in whole.sheets for keys, d in s.devices()]
    links = ((s, (*keys, "id"), link.id) for s in whole.sheets for keys, link in s.links())
    yield from _doubled(devices, "inventory.doubled_name")
    yield from _doubled(links, "inventory.doubled_link")
    for sheet in whole.sheets:
        own = [(sheet, (*keys, "name"), device.name) for keys, device in sheet.devices()]
        services = [
            (sheet, (*keys, "id"), name)
            for keys, service in sheet.services()
            for name in service.names
        ]
        for _, keys, name in (*own, *services):
            if name in RESERVED:
                yield sheet.document.problem(keys, "inventory.reserved_name", name=name)
        names = {name for _, _, name in own}
        for _, keys, name in services:
            if name in names:
                yield sheet.document.problem(keys, "inventory.service_named_as_device", name=name)
        yield from _doubled(services, "inventory.doubled_service")


def _addresses(whole: Whole) -> Iterator[Problem]:
    """One address, one device; and an address that a device can have."""
    placed = [
        (sheet, (*keys, "address"), device.address)
        for sheet in whole.sheets
        for keys, device in sheet.devices()
    ]
    for sheet, keys, address in placed:
        if address.is_multicast or address.is_unspecified:
            yield sheet.document.problem(keys, "inventory.not_a_host", address=address)
    yield from _doubled(((s, k, str(a)) for s, k, a in placed), "inventory.doubled_address")


def _doubled(items: Iterable[_Placed], key: str) -> Iterator[Problem]:
    """A problem at every item whose value was there before, naming the first place."""
    first: dict[str, str] = {}
    for sheet, keys, value in items:
        if value in first:
            yield sheet.document.problem(keys, key, value=value, first=first[value])
        else:
            first[value] = sheet.place(keys)


def _kinds(sheet: Sheet, kinds: Collection[str] | None) -> Iterator[Problem]:
    """A device's kind is one that the probes know."""
    for keys, device in sheet.devices() if kinds is not None else ():
        if kinds and device.kind not in kinds:
            wrong, nearest = shown(device.kind), nearest_kind(device.kind, kinds)
            yield sheet.document.problem(
                (*keys, "kind"), "inventory.unknown_kind", kind=wrong, nearest=nearest
            )


def _references(sheet: Sheet, sheets: Sequence[Sheet]) -> Iterator[Problem]:
    """Names that point at devices point at devices of the same ward."""
    pointers = [
        *((place, name, d.name) for k, d in sheet.devices() for place, name in _ways(k, d)),
        *(((*k, "feeds"), fed, d.name) for k, d in sheet.devices() for fed in d.feeds),
        *(((*k, "near"), link.near_device, "") for k, link in sheet.links()),
        *(((*k, "via"), link.via, "") for k, link in sheet.links() if link.via),
        *([(("agent_at",), sheet.ward.agent_at, "")] if sheet.ward.agent_at else []),
    ]
    own = {device.name for device in sheet.ward.devices}
    elsewhere = {d.name: s.ward.ward for s in sheets if s is not sheet for d in s.ward.devices}
    for keys, name, owner in pointers:
        others = own - {owner}
        if name in own | sheet.unread:
            continue
        value = shown(name)
        if name in elsewhere:
            yield sheet.document.problem(
                keys, "inventory.device_elsewhere", name=value, ward=elsewhere[name]
            )
        elif others:
            nearest = _nearest(name, others)
            yield sheet.document.problem(
                keys, "inventory.unknown_device", name=value, nearest=nearest
            )
        else:
            yield sheet.document.problem(keys, "inventory.no_devices", name=value)
    yield from _uplinks(sheet, own | elsewhere.keys())


def _uplinks(sheet: Sheet, names: Collection[str]) -> Iterator[Problem]:
    """`uplink` is a port of the device itself; other devices are named by `behind`."""
    for keys, device in sheet.devices():
        other = (device.uplink or "").partition(":")[0]
        if other in names:
            yield sheet.document.problem(
                (*keys, "uplink"), "inventory.uplink_is_port", value=shown(device.uplink)
            )


def _ways(keys: Keys, device: Device) -> Iterator[tuple[Keys, str]]:
    """The key of each way to a device, and the name of the device that the way leads through."""
    head: Keys = (*keys, "behind")
    if device.parents is not None:
        head = (*keys, "parents", "any" if device.parents.any else "all")
    for row, way in enumerate(device.ways):
        place = head if device.parents is None else (*head, row)
        yield place, way.partition(":")[0]


def _parents(sheet: Sheet) -> Iterator[Problem]:
    """Nothing is reached through itself, and no chain of parents is endless or very long."""
    above = {d.name: tuple(n for n in d.above if n != d.name) for _, d in sheet.devices()}
    depths = _depths(above)
    told: set[str] = set()
    for keys, device in sheet.devices():
        problem, ways, name = sheet.document.problem, dict(_ways(keys, device)), device.name
        if device.parents is not None and not _is_one_list(device):
            yield problem((*keys, "parents"), "inventory.parents_form")
        own = next((place for place, parent in ways.items() if parent == name), None)
        if own is not None:
            yield problem(own, "inventory.own_parent", name=name)
            continue
        chain = () if name in depths or name in told else _circle(name, above, depths)
        if chain:
            told.update(chain)
            place = next(place for place, parent in ways.items() if parent == chain[1])
            yield problem(place, "inventory.cycle", chain=one_line(" → ".join(chain), 120))
        elif depths.get(name, 0) > MAX_DEPTH:
            place, depth = max(ways, key=lambda at: depths.get(ways[at], 0)), depths[name]
            yield problem(place, "inventory.too_far", name=name, depth=depth, limit=MAX_DEPTH)


def _is_one_list(device: Device) -> bool:
    """Whether `parents` is any or all, not both and not nothing, and stands without `behind`."""
    parents = device.parents
    return parents is None or (bool(parents.any) != bool(parents.all) and device.behind is None)


def _depths(above: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    """How many devices at most stand before each one; those in or behind a circle are absent."""
    below: dict[str, list[str]] = {}
    for name, parents in above.items():
        for parent in parents:
            below.setdefault(parent, []).append(name)
    waits = {name: len(parents) for name, parents in above.items()}
    outside = [parent for parent in below if parent not in above]
    ready = [*(name for name, count in waits.items() if not count), *outside]
    depths = dict.fromkeys(ready, 0)
    for name in ready:  # grows while it is walked
        for child in below.get(name, ()):
            depths[child] = max(depths.get(child, 0), depths[name] + 1)
            waits[child] -= 1
            if not waits[child]:
                ready.append(child)
    return {name: depth for name, depth in depths.items() if not waits.get(name)}


def _circle(
    name: str, above: Mapping[str, Sequence[str]], known: Collection[str]
) -> tuple[str, ...]:
    """The shortest way from a device through its parents back to itself; empty for none."""
    came_from: dict[str, str] = {}
    level = [name]
    while level:
        steps = [(p, here) for here in level for p in above.get(here, ()) if p not in known]
        level = [p for p, here in steps if came_from.setdefault(p, here) is here]
        level = list(dict.fromkeys(level))
        if name in came_from:
            chain = [name]
            while (before := came_from[chain[-1]]) != name:
                chain.append(before)
            return (name, *reversed(chain[1:]), name)
    return ()


def _urls(sheet: Sheet) -> Iterator[Problem]:
    """Addresses of services fit the way they are checked, and no URL carries a password."""
    for keys, service in sheet.services():
        if not fits(service.module, service.url):
            yield sheet.document.problem(
                (*keys, "url"), f"inventory.url_{service.module}", value=shown(service.url)
            )
        yield from _expected(sheet, keys, service)
        yield from _trusted(sheet, keys, service)
        yield from _asked_at(sheet, keys, service)
    if sheet.ward.dns is not None:
        yield from _compiles(sheet, ("dns", "canary", "expect"), sheet.ward.dns.canary.expect)
    for keys, url in _written_urls(sheet):
        if "@" in url.partition("//")[2].partition("/")[0]:
            yield sheet.document.problem(keys, "inventory.url_password", value=shown(url))


def _expected(sheet: Sheet, keys: Keys, service: Service) -> Iterator[Problem]:
    if service.expect is None:
        return
    if service.module not in WITH_TEXT:
        yield sheet.document.problem(
            (*keys, "expect"), "inventory.expect_module", module=service.module
        )
    yield from _compiles(sheet, (*keys, "expect"), service.expect)


def _trusted(sheet: Sheet, keys: Keys, service: Service) -> Iterator[Problem]:
    for key in ("ca", "pin"):
        if getattr(service, key) is not None and not is_over_tls(service.url):
            yield sheet.document.problem((*keys, key), "inventory.no_certificate", name=key)
    if service.allow_hosts and service.module != "http_2xx":
        yield sheet.document.problem(
            (*keys, "allow_hosts"), "inventory.no_redirects", module=service.module
        )
    if service.flow is not None and service.module != "http_2xx":
        yield sheet.document.problem((*keys, "flow"), "inventory.no_flow", module=service.module)
    if service.sip is not None and service.module != "sip":
        yield sheet.document.problem((*keys, "sip"), "inventory.no_sip", module=service.module)


def _asked_at(sheet: Sheet, keys: Keys, service: Service) -> Iterator[Problem]:
    """A written address is of one family; only a name can have both."""
    host = (urlsplit(service.url).hostname or "") if port_fits(service.url) else ""
    try:
        written = f"v{ip_address(host).version}"
    except ValueError:
        return
    if service.family not in ("auto", written):
        yield sheet.document.problem(
            (*keys, "family"), "inventory.family_address", value=service.family, host=shown(host)
        )


def _compiles(sheet: Sheet, keys: Keys, expect: str | None) -> Iterator[Problem]:
    try:
        re.compile(expect or "")
    except re.error:
        yield sheet.document.problem(keys, "inventory.expect_regex", value=shown(expect))


def _written_urls(sheet: Sheet) -> Iterator[tuple[Keys, str]]:
    for keys, service in sheet.services():
        yield (*keys, "url"), service.url
        if service.flow is not None:
            yield (*keys, "flow", "url"), service.flow.url
    for keys, device in sheet.devices():
        if device.node_exporter:
            yield (*keys, "node_exporter"), device.node_exporter
        if device.sip is not None:
            yield (*keys, "sip", "lookup"), device.sip.lookup


def _realm(sheet: Sheet, site: Site) -> Iterator[Problem]:
    """Outside realm live nothing but loopback is ever asked."""
    for keys, host in _hosts(sheet) if site.realm != "live" else ():
        if not is_simulated(host):
            yield sheet.document.problem(
                keys, "inventory.real_address", address=shown(host), realm=site.realm
            )


def _hosts(sheet: Sheet) -> Iterator[tuple[Keys, str]]:
    """Every host that would be asked, with the key that names it."""
    for keys, device in sheet.devices():
        yield (*keys, "address"), str(device.address)
    path = sheet.ward.path
    for name in ("gateway", "pe", "reflector", "ward_reflector"):
        point = getattr(path, name, None)
        if point is not None:
            yield ("path", name, "address"), str(point.address)
    for name in ("city", "ward"):
        resolver = getattr(sheet.ward.dns, name, None)
        if resolver is not None:
            yield ("dns", name, "address"), str(resolver.address)
    for keys, url in _written_urls(sheet):
        if port_fits(url):
            yield keys, urlsplit(url).hostname or ""


def _nearest(name: str, names: Collection[str]) -> str:
    return get_close_matches(name, names, n=1, cutoff=0.0)[0]
