"""`wardops probe DEVICE --record FILE`: a walk of a device that can be sent to the project."""

from __future__ import annotations

import os
import secrets as chance
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.errors import InputError
from inventory.text import one_line
from probes import oids
from probes.errors import ProbeError
from probes.snmp import ber, values
from probes.snmp.ask import snmp_target
from probes.snmp.redact import ROOTS, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from inventory.credentials import Secret
    from probes.model import ProbeContext, Target
    from probes.snmp.redact import Redacted
    from probes.snmp.types import SnmpTarget, Varbind

# A maker's own subtree may be endless; what lies behind so many values is left.
MAX_VALUES = 20_000
TIMEOUT_S = 300.0
_PRIVATE = "1.3.6.1.4.1."
_NET_SNMP = "1.3.6.1.4.1.2021"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was walked: the redacted lines, and whether every subtree was read to its end."""

    redacted: Redacted
    complete: bool


async def record(target: Target, context: ProbeContext) -> Recorded:
    """Walk what is worth recording and take out what belongs to the owner.

    A subtree that the device does not answer in time is left. Raises a ProbeError leaf when the
    device does not answer at all, InputError for a secret that is missing.
    """
    asked = snmp_target(target, context)
    first = await context.transports.snmp.get(asked, (oids.sysObjectID,), deadline=context.deadline)
    varbinds: list[Varbind] = []
    complete = True
    for root in (*ROOTS, *_own(values.oid_text(first.varbinds[0]))):
        found, whole = await _walked(asked, root, context)
        varbinds += found
        complete = complete and whole
    context.note(f"{len(varbinds)} values walked")
    return Recorded(redact(varbinds, _words(asked), chance.token_bytes(32)), complete)


def refuse_existing(path: Path) -> None:
    """Raise InputError before a long walk whose file is there already."""
    if path.exists():
        raise InputError("record.exists", path=one_line(path, 200))


def write(recorded: Recorded, path: Path) -> None:
    """Write a new file that only its owner may read; InputError when it cannot be."""
    lines = "".join(f"{line}\n" for line in recorded.redacted.lines)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError("record.exists", path=one_line(path, 200)) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError("record.unwritable", path=one_line(path, 200), why=why) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(lines)


def blanked(
    tell: Callable[[str], None], secret: Callable[[str], Secret]
) -> tuple[Callable[[str], None], Callable[[str], Secret]]:
    """A teller that blanks the secrets that were asked for, and the asking that it learns from."""
    known: set[str] = set()

    def learn(ref: str) -> Secret:
        found = secret(ref)
        lines = found.reveal().splitlines()  # a community, or YAML of keys and values
        known.update(line.rpartition(": ")[2].strip(" '\"") for line in lines)
        return found

    def tell_blanked(line: str) -> None:
        for word in sorted(filter(None, known), key=len, reverse=True):
            line = line.replace(word, "***")
        tell(line)

    return tell_blanked, learn


def _own(object_id: str | None) -> Iterator[str]:
    """The subtree of the device's maker, and net-snmp's, which many makers fill."""
    if object_id and object_id.startswith(_PRIVATE):
        yield _PRIVATE + object_id[len(_PRIVATE) :].split(".")[0]
    yield _NET_SNMP


async def _walked(
    asked: SnmpTarget, root: str, context: ProbeContext
) -> tuple[tuple[Varbind, ...], bool]:
    client = context.transports.snmp
    try:
        result = await client.walk(
            asked, ber.oid(root), max_varbinds=MAX_VALUES, deadline=context.deadline
        )
    except ProbeError as error:
        context.note(f"{root}: {error}")
        return (), False
    return result.varbinds, result.complete


def _words(asked: SnmpTarget) -> Iterator[str]:
    yield asked.host
    if asked.community is not None:
        yield asked.community.reveal()
    if asked.user is not None:
        yield asked.user.name
        yield from (key.reveal() for key in (asked.user.auth_key, asked.user.priv_key) if key)
