"""`wardops inventory check` and `show`; they stand here because they know kinds and files both."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from inventory.errors import InputError, WardopsError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES, Language, decimal, say
from inventory.load import load
from inventory.meetings import read_meetings
from inventory.search import Hit, search
from inventory.text import cells, one_line, pad
from inventory.units import units
from probes.registry import device_type, kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inventory.model import Device, Inventory, Link, Service, Ward
    from probes.model import DeviceType

DEFAULT_FOLDER = Path("/etc/wardops/inventory")
PLACEHOLDER = "CHANGE-ME"

P = ParamSpec("P")


def folder_of(directory: Path | None, inventory: Path | None) -> Path:
    """The inventory folder: as named, else $WARDOPS_INVENTORY, else the system's."""
    asked = os.environ.get("WARDOPS_INVENTORY")
    return directory or inventory or (Path(asked) if asked else DEFAULT_FOLDER)


def _language_set() -> Language:
    asked = os.environ.get("WARDOPS_LANG")
    return next((language for language in LANGUAGES if language == asked), DEFAULT_LANGUAGE)


def _spoken(command: Callable[Concatenate[Language, P], None]) -> Callable[P, None]:
    """Give a command --lang, and turn an error of ours into its lines and its exit code."""

    @click.option("--lang", type=click.Choice(LANGUAGES), default=_language_set, help="vi or en.")
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        language: Any = kwargs.pop("lang")
        try:
            command(language, *args, **kwargs)
        except WardopsError as error:
            click.echo(error.text(language), err=True)
            click.get_current_context().exit(error.exit_code)

    return run


_DIRECTORY = click.argument("directory", required=False, type=click.Path(path_type=Path))
_INVENTORY = click.option(
    "--inventory", type=click.Path(path_type=Path), help="The same as DIRECTORY."
)


@click.command()
@_DIRECTORY
@_INVENTORY
@_spoken
def check(language: Language, directory: Path | None, inventory: Path | None) -> None:
    """Check an inventory: one line per problem and exit 2, or one line and exit 0.

    Without DIRECTORY: $WARDOPS_INVENTORY, else /etc/wardops/inventory.
    """
    folder = folder_of(directory, inventory)
    inventory_there = load(folder, kinds())
    read_meetings(inventory_there, Path(inventory_there.folder))
    wards = inventory_there.wards.values()
    for ward in wards:
        for key in _unfilled(ward.model_dump(mode="json", by_alias=True)):
            said = (
                "inventory.unfilled_circuit" if key.endswith(".circuit") else "inventory.unfilled"
            )
            click.echo(say(said, language, ward=ward.ward, place=key), err=True)
    counts = {
        "wards": len(wards),
        "devices": sum(len(ward.devices) for ward in wards),
        "links": sum(len(ward.links) for ward in wards),
        "services": sum(len(ward.services) for ward in wards),
    }
    click.echo(say("inventory.good", language, folder=one_line(folder, 200), **counts))


def _unfilled(value: object, key: str = "") -> Iterator[str]:
    """Keys whose value is still the placeholder of the manual; list entries by their id or name."""
    if value == PLACEHOLDER:
        yield key
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _unfilled(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            named = inner if isinstance(inner, dict) else {}
            yield from _unfilled(inner, f"{key}[{named.get('id') or named.get('name') or at}]")


@click.command()
@_DIRECTORY
@_INVENTORY
@click.option("--kinds", "with_kinds", is_flag=True, help="List the device types instead.")
@click.option("--find", "query", metavar="NAME", help="Find a unit's code by name or former name.")
@click.option("--ward", "code", metavar="CODE", help="Only this ward.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_spoken
def show(
    language: Language,
    directory: Path | None,
    inventory: Path | None,
    with_kinds: bool,
    query: str | None,
    code: str | None,
    as_json: bool,
) -> None:
    """Show what an inventory holds; secrets only as references, which need not exist here."""
    if with_kinds:
        known = tuple(device_type(kind) for kind in kinds())
        document: object = [_kind_item(one) for one in known]
        lines = _table([_kind_row(one) for one in known])
    elif query is not None:
        hits, document = _found(query, language)
        lines = _table([_hit_row(hit, language) for hit in hits])
    else:
        found = load(folder_of(directory, inventory), kinds(), with_secrets=False)
        wards = _wards(found, code)
        document = _document(found, wards)
        lines = _overview(found, wards, language)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(lines))


def _kind_row(known: DeviceType) -> tuple[str, ...]:
    """A device type in a line; `beta` where a part of it has not been proven by a recording."""
    return known.kind, known.vendor, known.device_class, "beta" if known.unverified else ""


def _kind_item(known: DeviceType) -> dict[str, Any]:
    item = {"kind": known.kind, "vendor": known.vendor, "class": known.device_class}
    return item | ({"unverified": list(known.unverified)} if known.unverified else {})


def _found(query: str, language: Language) -> tuple[Sequence[Hit], object]:
    """Units that fit, best first; InputError when none does, or when the district is missing."""
    found = search(query)
    asked = one_line(query)
    if not found.hits:
        raise InputError("inventory.show_no_unit", query=asked)
    if found.districts:
        districts = ", ".join(found.districts)
        first = found.districts[0]
        raise InputError(
            "inventory.show_ask_district", query=asked, district=first, districts=districts
        )
    keys = ("code", "name", "kind", "area", "former")
    document = [dict(zip(keys, _hit_row(hit, language), strict=True)) for hit in found.hits]
    return found.hits, document


def _hit_row(hit: Hit, language: Language) -> tuple[str, ...]:
    unit, former = hit.unit, hit.former
    said = ""
    if former:
        key = "inventory.show_former_whole" if former.whole else "inventory.show_former_part"
        said = say(key, language, name=former.name, district=former.district)
    return unit.code, unit.name, unit.kind, unit.area, said


def _wards(inventory: Inventory, code: str | None) -> tuple[Ward, ...]:
    if code is None:
        return tuple(inventory.wards.values())
    if code not in inventory.wards:
        held = one_line(", ".join(inventory.wards), 80)
        folder = one_line(inventory.folder, 200)
        raise InputError("inventory.ward_absent", code=one_line(code), folder=folder, wards=held)
    return (inventory.wards[code],)


def _document(inventory: Inventory, wards: Sequence[Ward]) -> dict[str, object]:
    """The inventory as JSON: the YAML's own keys, with each unit's name, kind and area."""
    return {
        "folder": inventory.folder,
        "realm": inventory.site.realm,
        "vantage": inventory.vantage,
        "wards": [_ward_document(ward) for ward in wards],
    }


def _ward_document(ward: Ward) -> dict[str, object]:
    unit = units()[ward.ward]
    written = ward.model_dump(mode="json", by_alias=True, exclude={"schema_"})
    return {"ward": unit.code, "name": unit.name, "kind": unit.kind, "area": unit.area} | written


def _overview(inventory: Inventory, wards: Sequence[Ward], language: Language) -> Iterator[str]:
    """The inventory as people read it, one block a ward."""
    values = {"realm": inventory.site.realm, "vantage": inventory.vantage}
    yield say("inventory.show_folder", language, folder=one_line(inventory.folder, 200), **values)
    for ward in wards:
        unit = units()[ward.ward]
        yield ""
        yield say("inventory.show_ward", language, **unit.model_dump())
        for title, rows in (
            ("links", [_link_row(link, language) for link in ward.links]),
            ("devices", [_device_row(device, language) for device in ward.devices]),
            ("path", _path_rows(ward, language)),
            ("services", [_service_row(service, language) for service in ward.services]),
        ):
            yield f"  {say(f'inventory.show_{title}', language)}"
            yield from (f"    {line}" for line in _table(rows))
            if not rows:
                yield f"    {say('inventory.show_none', language)}"


def _link_row(link: Link, language: Language) -> tuple[str, ...]:
    mbps = decimal(link.commit_mbps, 0 if link.commit_mbps.is_integer() else 1, language)
    route = f"{link.near} → {link.via}" if link.via else link.near
    return (
        link.id,
        say(f"inventory.show_role_{link.role}", language),
        link.carrier,
        link.circuit,
        say("inventory.show_commit", language, mbps=mbps),
        route,
    )


def _behind(device: Device, language: Language) -> str:
    several = device.parents is not None
    key = "show_behind_all" if device.needs_all else "show_behind_any"
    key = f"inventory.{key if several else 'show_behind'}"
    return say(key, language, parent=", ".join(device.ways)) if device.ways else ""


def _device_row(device: Device, language: Language) -> tuple[str, ...]:
    notes = [
        _behind(device, language),
        say("inventory.show_uplink", language, port=device.uplink) if device.uplink else "",
        say("inventory.show_site_dc", language) if device.site == "dc" else "",
        say("inventory.show_room", language, room=device.room) if device.room else "",
        *(say("inventory.show_secret", language, ref=ref) for ref in _references(device)),
    ]
    text = "; ".join(note for note in notes if note)
    return device.name, device.kind, device.role.value, str(device.address), text


def _references(device: Device) -> tuple[str, ...]:
    """Where the secrets of its ways in are, each once."""
    ways = (device.snmp, device.https, device.ssh)
    return tuple(dict.fromkeys(access.auth for access in ways if access))


def _path_rows(ward: Ward, language: Language) -> list[tuple[str, ...]]:
    if ward.path is None:
        return []
    rows = [(say("inventory.show_gateway", language), str(ward.path.gateway.address))]
    if ward.path.pe:
        rows.append((say("inventory.show_pe", language), str(ward.path.pe.address)))
    return [*rows]


def _service_row(service: Service, language: Language) -> tuple[str, ...]:
    return (
        service.id,
        service.name.vi if language == "vi" else service.name.en,
        service.module,
        service.url,
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows with their columns under each other, by terminal cells."""
    widths = [max(cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(pad(cell, w) for cell, w in zip(row, widths, strict=True)).rstrip()
