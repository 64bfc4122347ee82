"""`wardops inventory discover`: what answers in a ward's subnets, as inventory YAML.

Prints; nothing is written without `--write`.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import deque
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import language_of
from agent.verdict.topology_suggestions import Sighting, suggestions
from inventory.amend import check_amended, file_of, replace_file, with_devices
from inventory.credentials import resolve
from inventory.errors import InputError
from inventory.language import LANGUAGES, say
from inventory.load import load
from inventory.model import Device, Role
from inventory.text import fold, one_line
from probes.attachments import attachments
from probes.clock import SystemClock
from probes.discover import discover, edges, plan
from probes.inventory_cli import folder_of
from probes.registry import kinds
from probes.transports.open import open_transports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from agent.verdict.topology_suggestions import Suggestion
    from inventory.access import SnmpAccess
    from inventory.language import Language
    from inventory.model import Inventory, Ward
    from probes.attachments import Attachment
    from probes.discover import Ask, Seen

# A kind for what has no device type of its own, by class; everything else is pinged at least.
_PLAIN_KINDS = {
    "switch": "generic_switch",
    "router": "generic_router",
    "ups": "ups_rfc1628",
    "storage": "generic_storage",
}
_YAML_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
_ROLES = {
    "switch": Role.ACCESS,
    "ups": Role.UPS,
    "video": Role.VC,
    "server": Role.SERVER,
    "hypervisor": Role.SERVER,
    "ap": Role.AP,
}


@click.command()
@click.argument("places", nargs=-1, metavar="[ADDRESS|SUBNET]...")
@click.option("--inventory", "folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--ward", "code", metavar="CODE")
@click.option("--write", is_flag=True)
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def inventory_discover(
    ctx: click.Context,
    /,
    places: tuple[str, ...],
    folder: Path | None,
    code: str | None,
    write: bool,
    **_options: Any,
) -> int:
    """Ask a ward's addresses what stands there; 0 when something answered, 1 when nothing did."""
    language = language_of(ctx)
    inventory = load(folder_of(None, folder), kinds(), with_secrets=False)
    ward = _ward(inventory, code)
    asks = plan(ward, places)
    found, at = asyncio.run(_discover(inventory, ward, asks, language))
    if not found:
        click.echo(say("discover.nothing", language, count=len(asks), ward=ward.ward), err=True)
        return 1
    lines = Proposal(ward, found, at, language)
    click.echo("\n".join(lines.text(len(asks))))
    if write:
        _write(folder_of(None, folder), ward, lines.entries(), at, language)
    return 0


def _ward(inventory: Inventory, code: str | None) -> Ward:
    held = one_line(", ".join(inventory.wards), 80)
    if code is None and len(inventory.wards) == 1:
        return next(iter(inventory.wards.values()))
    if code is None:
        raise InputError("discover.which_ward", wards=held)
    if code not in inventory.wards:
        folder = one_line(inventory.folder, 200)
        raise InputError("inventory.ward_absent", code=one_line(code), folder=folder, wards=held)
    return inventory.wards[code]


async def _discover(
    inventory: Inventory, ward: Ward, asks: Sequence[Ask], language: Language
) -> tuple[tuple[Seen, ...], datetime]:
    clock = SystemClock()
    folder = Path(inventory.folder)
    secrets = {ref: resolve(ref, folder) for ref in _references(asks)}
    is_shown = sys.stderr.isatty() and sys.stdout.isatty()
    label = say("discover.asking", language)
    async with open_transports(inventory, clock) as transports:
        with click.progressbar(
            length=len(asks), label=label, file=sys.stderr, hidden=not is_shown
        ) as bar:
            found = await discover(
                ward, asks, transports, clock, secrets.__getitem__, lambda: bar.update(1)
            )
    return found, clock.now()


def _references(asks: Iterable[Ask]) -> set[str]:
    return {access.auth for ask in asks for access in ask.accesses}


def _write(
    folder: Path,
    ward: Ward,
    entries: Sequence[Sequence[str]],
    at: datetime,
    language: Language,
) -> None:
    """Put the new devices into the ward's file, checked before, with the old file kept beside."""
    if not entries:
        click.echo(say("discover.nothing_new", language), err=True)
        return
    path = file_of(folder, ward.ward)
    text = with_devices(path.read_text(encoding="utf-8"), entries, path)
    check_amended(folder, path, text, kinds())
    backup = replace_file(path, text, at)
    values = {"count": len(entries), "path": path, "backup": backup.name}
    click.echo(say("discover.written", language, **values), err=True)


class Proposal:
    """What was found, as lines of an inventory: new devices, and remarks on known ones."""

    def __init__(self, ward: Ward, found: Sequence[Seen], at: datetime, language: Language) -> None:
        self._ward, self._found, self._at, self._language = ward, found, at, language
        self._known = {str(device.address): device for device in ward.devices}
        self._names = dict(_named(ward, found))
        self._parents = {one.child: one for one in self._suggested()}

    def text(self, asked: int) -> Iterator[str]:
        """All lines to print; YAML that the inventory reads, with remarks."""
        values = {"asked": asked, "found": len(self._found), "at": f"{self._at:%Y-%m-%dT%H:%MZ}"}
        yield f"# {say('discover.head', self._language, ward=self._ward.ward, **values)}"
        for seen in self._found:
            device = self._device(seen)
            if device is not None:
                yield f"# {self._remark(seen, device)}"
        for device in self._silent():
            words = (
                f"{device.name} ({device.address}): {self._suggestion(self._parents[device.name])}"
            )
            yield f"# {one_line(words, 300)}"
        entries = self.entries()
        yield "devices:" if entries else "devices: []"
        for entry in entries:
            yield from entry

    def entries(self) -> list[list[str]]:
        """The devices that the inventory does not have, each as its lines."""
        return [list(self._entry(seen)) for seen in self._found if self._device(seen) is None]

    def _silent(self) -> Iterator[Device]:
        """Devices of the inventory that said nothing, of which others told where they hang."""
        answered = {self._names[seen.address] for seen in self._found}
        for device in self._ward.devices:
            if device.name in self._parents and device.name not in answered:
                yield device

    def _device(self, seen: Seen) -> Device | None:
        addresses = (seen.address, *seen.others)
        return next((self._known[one] for one in addresses if one in self._known), None)

    def _remark(self, seen: Seen, device: Device) -> str:
        parent = self._parents.get(device.name)
        words = [f"{device.name} ({seen.address}): {_described(seen)}"]
        if seen.others:
            words.append(say("discover.also", self._language, addresses=", ".join(seen.others)))
        if parent is not None:
            words.append(self._suggestion(parent))
        return one_line("; ".join(words), 300)

    def _suggestion(self, parent: Suggestion) -> str:
        behind = f"{parent.parent}:{parent.port}" if parent.port else parent.parent
        key = "discover.moved" if parent.accepted else "discover.behind"
        values = {"behind": behind, "count": parent.agreeing, "sources": ", ".join(parent.sources)}
        return say(key, self._language, accepted=parent.accepted or "-", **values)

    def _entry(self, seen: Seen) -> Iterator[str]:
        name = self._names[seen.address]
        parent = self._parents.get(name)
        remark = _described(seen)
        if seen.others:
            also = say("discover.also", self._language, addresses=", ".join(seen.others))
            remark = f"{remark}; {also}"
        yield f"- name: {yaml_text(name)} # {one_line(remark, 200)}"
        yield f"  kind: {_kind(seen)}"
        yield f"  role: {_ROLES.get(seen.identity.device_class, Role.OTHER).value}"
        yield f"  address: {yaml_text(seen.address)}"
        if parent is not None:
            behind = f"{parent.parent}:{parent.port}" if parent.port else parent.parent
            yield f"  behind: {yaml_text(behind)} # {self._suggestion(parent)}"
        yield from _access_lines(seen.access)

    def _suggested(self) -> tuple[Suggestion, ...]:
        """The best parent of each device, by what the neighbours say, seen from the core switch."""
        new = [
            Device(
                name=self._names[seen.address], kind=_kind(seen), address=ip_address(seen.address)
            )
            for seen in self._found
            if self._device(seen) is None
        ]
        whole = self._ward.model_copy(update={"devices": (*self._ward.devices, *new)})
        core = self._ward.core
        if core is None:
            return ()
        around = tuple(edges(self._found, self._names))
        placed = {device.name for device in self._ward.devices if device.above}
        tables = (
            one
            for one in attachments(self._found, self._names, around)
            # A route tells the next router, not the next switch: it never doubts a person's word.
            if one.source != "route" or one.child not in placed
        )
        seen = (
            *sightings(core.name, around, self._at),
            *table_sightings(core.name, around, tables, self._at),
        )
        return suggestions(whole, seen)[::-1]  # the best founded one stays in a mapping


def _named(ward: Ward, found: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    """A device's name by each of its addresses: the inventory's, else its own as a word."""
    taken = {device.name for device in ward.devices}
    known = {str(device.address): device.name for device in ward.devices}
    yield from known.items()
    for seen in found:
        addresses = (seen.address, *seen.others)
        name = next((known[one] for one in addresses if one in known), None) or _new_name(
            seen, taken
        )
        taken.add(name)
        for address in addresses:
            yield address, known.get(address, name)


def _new_name(seen: Seen, taken: set[str]) -> str:
    word = re.sub(r"[^a-z0-9._-]+", "-", fold(seen.identity.sys_name or "").lower()).strip("-._")
    address = re.sub(r"[^0-9a-f]+", "-", seen.address).strip("-")
    plain = word[:40] or f"{seen.identity.device_class}-{address}"
    return plain if plain not in taken else f"{plain}-{address}"[:63]


def _kind(seen: Seen) -> str:
    found = seen.identity
    plain = _PLAIN_KINDS.get(found.device_class, "generic_host")
    return found.os if found.os in kinds() else plain


def _described(seen: Seen) -> str:
    """Maker, model and version as far as they are known, and the class."""
    found = seen.identity
    told = [word for word in (found.vendor, found.model, found.version) if word]
    return f"{' '.join(told) or '-'} ({found.device_class})".replace("#", "")


def sightings(
    core: str, seen: Iterable[tuple[str, str, str | None, str]], at: datetime
) -> Iterator[Sighting]:
    """Who is behind whom: of two neighbours the one nearer to the core switch is the parent."""
    found = tuple(seen)
    near = _distances(core, found)
    for here, there, port, source in found:
        if here not in near or there not in near or near[here] == near[there]:
            continue
        kind: Any = source
        if near[here] < near[there]:
            yield Sighting(kind, child=there, parent=here, at=at, port=port)
        else:
            yield Sighting(kind, child=here, parent=there, at=at)


def table_sightings(
    core: str,
    around: Iterable[tuple[str, str, str | None, str]],
    tables: Iterable[Attachment],
    at: datetime,
) -> Iterator[Sighting]:
    """What MAC tables and routes say, but for what stands nearer to the core than its parent."""
    near = _distances(core, around)
    for one in tables:
        is_upwards = one.parent in near and near.get(one.child, len(near)) <= near[one.parent]
        if one.child != core and not is_upwards:
            yield Sighting(one.source, one.child, one.parent, at, one.port)


def _distances(core: str, found: Iterable[tuple[str, str, str | None, str]]) -> Mapping[str, int]:
    around: dict[str, set[str]] = {}
    for here, there, _, _ in found:
        around.setdefault(here, set()).add(there)
        around.setdefault(there, set()).add(here)
    near = {core: 0}
    pending = deque([core])
    while pending:
        here = pending.popleft()
        for there in sorted(around.get(here, ())):
            if there not in near:
                near[there] = near[here] + 1
                pending.append(there)
    return near


def _access_lines(access: SnmpAccess) -> Iterator[str]:
    written = access.model_dump(mode="json", exclude_defaults=True)
    yield "  snmp:"
    for key, value in written.items():
        yield f"    {key}: {value if isinstance(value, int) else yaml_text(str(value))}"


def yaml_text(text: str) -> str:
    """A text as YAML reads it back as text, quoted where it must be."""
    is_word = re.fullmatch(r"[A-Za-z][\w./-]*(?::[\w./-]+)*", text, re.ASCII) is not None
    is_ipv4 = re.fullmatch(r"\d+\.\d+\.\d+\.\d+", text, re.ASCII) is not None
    is_plain = is_ipv4 or (is_word and text.lower() not in _YAML_WORDS)
    return text if is_plain else "'" + text.replace("'", "''") + "'"
