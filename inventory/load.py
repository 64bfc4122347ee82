"""A folder of YAML files (or one file) becomes an Inventory, or all its mistakes at once.

Files with `schema: wardops/inventory/1` hold one ward each; `wardops/site/1` says what is true of
the whole folder; files of other wardops schemas (the agent's settings) are left to their readers.
What lies in a folder named `secrets`, and every file that a `file:` reference names, is never read
as inventory.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from inventory.access import HttpsAccess, SipAccount, SnmpAccess, SshAccess
from inventory.credentials import refuse_exposed, resolve
from inventory.crosscheck import Whole, crosscheck
from inventory.document import Document, read
from inventory.errors import InputError, InventoryError, Problem
from inventory.login import refuse_no_login
from inventory.model import Inventory, Site
from inventory.service_urls import is_over_tls
from inventory.sheet import Sheet, read_sheet
from inventory.snmp_user import snmp_user
from inventory.text import one_line
from inventory.validate import shown, validate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from inventory.document import Keys

_Access: TypeAlias = SnmpAccess | HttpsAccess | SshAccess | SipAccount

WARD_SCHEMA = "wardops/inventory/1"
SITE_SCHEMA: Literal["wardops/site/1"] = "wardops/site/1"

SECRETS_FOLDER = "secrets"

_SUFFIXES = frozenset({".yaml", ".yml"})
# The keys of logins (SSH, HTTPS, SNMP v3): a mapping of nothing else is one, forgotten elsewhere.
_LOGIN_KEYS = frozenset(
    ("user", "password", "private_key", "community", "auth", "auth_key", "priv", "priv_key")
)
# What a file of that name is meant to be, said to whoever forgot the first line.
_SCHEMA_BY_NAME = {
    "site.yaml": SITE_SCHEMA,
    "access.yaml": "wardops/access/1",
    "agent.yaml": "wardops/agent/1",
    "calendar.yaml": "wardops/calendar/1",
    "escalation.yaml": "wardops/escalation/1",
    "meetings.yaml": "wardops/meetings/1",
}
_OTHER_SCHEMA = re.compile(r"wardops/(?!inventory/|site/)[a-z][a-z0-9-]*/\d+")
_PLACE = re.compile(r"(?P<file>.*?):(?P<line>\d+):(?P<column>\d+)( |$)")


def load(
    folder: Path, kinds: Collection[str] | None = None, *, with_secrets: bool = True
) -> Inventory:
    """Read an inventory; nothing is kept of it unless all of it is right.

    `kinds` are the device types that exist (None: not checked). With `with_secrets` every secret
    reference is looked up, so that a missing one shows now; none is kept. Raises InventoryError
    with every problem as `file:line:column key: …`, files relative to the folder; InputError when
    there is nothing to read.
    """
    paths, root = _files(folder)
    documents, problems = _documents(paths, root)
    sheets, site_document, found = _sorted_out(documents)
    problems += found
    site, found = _site_of(site_document)
    problems += found
    problems += crosscheck(Whole(sheets, site, site_document, kinds))
    if with_secrets:
        problems += (p for sheet in sheets for p in _secrets(sheet, root, site))
    if not sheets and not problems:
        raise InputError("inventory.no_wards", folder=shown(folder))
    if problems:
        raise InventoryError(sorted(problems, key=_in_file_order))
    wards = {sheet.ward.ward: sheet.ward for sheet in sheets}
    return Inventory(site=site, wards=dict(sorted(wards.items())), folder=str(root))


def _files(folder: Path) -> tuple[list[Path], Path]:
    """The YAML files to read, in order, and the folder that their names are relative to."""
    if folder.is_file():
        beside = folder.parent / "site.yaml"
        return [folder, *([beside] if beside.is_file() and beside != folder else [])], folder.parent
    if not folder.is_dir():
        raise InputError("inventory.no_folder", folder=shown(folder))
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
    read_here = [p for p in paths if is_read(p.relative_to(folder))]
    if not read_here:
        raise InputError("inventory.no_files", folder=shown(folder))
    return read_here, folder


def is_read(path: Path) -> bool:
    """Whether a file with this path inside the inventory folder may be inventory.

    Hidden ones and those in a folder named `secrets` are not.
    """
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and SECRETS_FOLDER not in path.parts[:-1]


def _documents(paths: Sequence[Path], root: Path) -> tuple[list[Document], list[Problem]]:
    """Every file that can be read; files that secret references name are not looked at further."""
    documents: dict[Path, Document] = {}
    broken: dict[Path, Problem] = {}
    for path in paths:
        try:
            documents[path] = read(path, _name(path, root))
        except Problem as problem:
            broken[path] = problem
    secret = {_key(root / ref) for doc in documents.values() for ref in _secret_files(doc.values)}
    kept = [document for path, document in documents.items() if _key(path) not in secret]
    return kept, [problem for path, problem in broken.items() if _key(path) not in secret]


def _name(path: Path, root: Path) -> str:
    """A file as messages name it; bytes that are no text show as a replacement sign."""
    raw = os.fsencode(path.relative_to(root).as_posix())
    return one_line(raw.decode("utf-8", errors="replace"), 120)


def _key(path: Path) -> str:
    return os.path.realpath(path)


def _secret_files(values: Any) -> Iterator[str]:
    """Paths in `file:…` references anywhere below, under any key, valid or not."""
    pending, seen = [values], set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        if isinstance(value, str) and value.startswith("file:"):
            yield value.removeprefix("file:")
        elif isinstance(value, dict):
            seen.add(id(value))
            pending += value.values()
        elif isinstance(value, list):
            seen.add(id(value))
            pending += value


def _sorted_out(
    documents: Iterable[Document],
) -> tuple[list[Sheet], Document | None, list[Problem]]:
    """Ward files, the site file, and what is wrong with them; files of other schemas fall out."""
    sheets: list[Sheet] = []
    site: Document | None = None
    problems: list[Problem] = []
    for document in documents:
        schema = document.values.get("schema")
        if schema == WARD_SCHEMA:
            sheet, found = read_sheet(document)
            sheets += [sheet] if sheet else []
            problems += (*document.problems, *found)
        elif schema == SITE_SCHEMA and site is None:
            site = document
            problems += document.problems
        elif schema == SITE_SCHEMA and site is not None:
            problems.append(
                document.problem(("schema",), "inventory.doubled_site", first=site.name)
            )
        elif not (isinstance(schema, str) and _OTHER_SCHEMA.fullmatch(schema)):
            problems.append(_schema_problem(document, schema))
    return sheets, site, problems


def _schema_problem(document: Document, schema: object) -> Problem:
    if document.values and _LOGIN_KEYS.issuperset(document.values):
        return document.problem((), "inventory.looks_like_login", folder=f"{SECRETS_FOLDER}/")
    if "schema" not in document.values:
        schema = _SCHEMA_BY_NAME.get(document.name.rpartition("/")[2], WARD_SCHEMA)
        return document.problem((), "inventory.no_schema", schema=schema)
    value = shown(schema)
    return document.problem(
        ("schema",), "inventory.wrong_schema", value=value, schema=WARD_SCHEMA, site=SITE_SCHEMA
    )


def _site_of(document: Document | None) -> tuple[Site, list[Problem]]:
    if document is None:
        return Site(schema=SITE_SCHEMA), []
    site, problems = validate(Site, document)
    return site or Site(schema=SITE_SCHEMA), list(problems)


def _secrets(sheet: Sheet, root: Path, site: Site) -> Iterator[Problem]:
    """A problem at every reference to nothing, to no login, or (live) to a file all may read."""
    for keys, access in _accesses(sheet):
        if access.auth is None:
            continue
        try:
            secret = resolve(access.auth, root)
            if site.realm == "live":
                refuse_exposed(access.auth, root)
            if isinstance(access, SnmpAccess):
                snmp_user(access, secret)
            else:
                refuse_no_login(access, secret)
        except InputError as error:
            yield sheet.document.problem(keys, error.key, **error.values)
    for keys, ca in _authorities(sheet):
        if ca is not None and not (root / ca).is_file():
            yield sheet.document.problem(
                keys, "inventory.ca_no_file", path=one_line(root / ca, 200)
            )


def _authorities(sheet: Sheet) -> Iterator[tuple[Keys, str | None]]:
    """The files of certificates that are trusted, by the place that names them."""
    for keys, device in sheet.devices():
        for name in ("https", "sip"):
            access = getattr(device, name)
            yield (*keys, name, "ca"), access.ca if access else None
    for keys, service in sheet.services():
        yield (*keys, "ca"), service.ca if is_over_tls(service.url) else None


def _accesses(sheet: Sheet) -> Iterator[tuple[Keys, _Access]]:
    for keys, device in sheet.devices():
        if device.snmp:
            yield (*keys, "snmp", "auth"), device.snmp
        if device.https:
            yield (*keys, "https", "auth"), device.https
        if device.ssh:
            yield (*keys, "ssh", "auth"), device.ssh
    for keys, service in sheet.services():
        if service.sip:
            yield (*keys, "sip", "auth"), service.sip


def _in_file_order(problem: Problem) -> tuple[str, int, int]:
    place = _PLACE.match(problem.where)
    if place is None:
        return problem.where, 0, 0
    return place["file"], int(place["line"]), int(place["column"])
