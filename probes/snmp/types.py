"""The SNMP seam: what is asked of an engine and what comes back. OIDs are BER content bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from inventory.credentials import Secret
    from inventory.snmp_user import SnmpUser

Oid: TypeAlias = bytes


class Varbind(NamedTuple):
    """One OID with its value. Exception tags (0x80, 0x81, 0x82) carry the value None."""

    oid: Oid
    tag: int
    value: int | float | bytes | None


@dataclass(frozen=True, slots=True)
class SnmpTarget:
    """Whom to ask and with which credential: `community` for v1 and v2c, `user` for v3.

    `context` is the v3 context name; `accept_source` are further addresses that may answer;
    `getnext-broken` among the quirks: tables are walked by one column alone, the rest read by GET.
    """

    host: str
    port: int = 161
    version: Literal["1", "2c", "3"] = "2c"
    community: Secret | None = None
    engine: Literal["auto", "fast", "pysnmp"] = "auto"
    user: SnmpUser | None = None
    context: str = ""
    accept_source: tuple[str, ...] = ()
    quirks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SnmpStats:
    """What an exchange cost: PDUs sent, retries among them, octets received, last round trip."""

    pdus: int = 0
    retries: int = 0
    bytes_in: int = 0
    rtt_s: float | None = None
    engine: str = ""


@dataclass(frozen=True, slots=True)
class SnmpResult:
    """The varbinds of a GET or walk. `complete` is False when a limit cut a walk."""

    varbinds: tuple[Varbind, ...]
    complete: bool = True
    stats: SnmpStats = field(default_factory=SnmpStats)


@dataclass(frozen=True, slots=True)
class TableResult:
    """Rows of a table by index (BER bytes behind the column OID), one cell per asked column.

    A cell is None where the device has no such instance. `scalars` are the varbinds asked beside
    the columns. `complete` is False when deadline or row limit cut it; its rows are whole.
    `dropped_columns` are those that the device has not one cell of.
    """

    rows: Mapping[bytes, tuple[Varbind | None, ...]]
    scalars: tuple[Varbind, ...] = ()
    complete: bool = True
    stats: SnmpStats = field(default_factory=SnmpStats)
    dropped_columns: tuple[Oid, ...] = ()


NoteWord: TypeAlias = Literal[
    "snmp-engine-fallback", "snmp-v1-only", "snmp-weak-crypto", "device-replaced"
]


class Note(NamedTuple):
    """What an engine found out about a device that people should hear of, once."""

    word: NoteWord
    host: str
    port: int


class SnmpClient(Protocol):
    """An SNMP engine. Failures are ProbeError leaves; `deadline` is loop time, never outlived."""

    async def get(
        self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float
    ) -> SnmpResult: ...

    async def table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        deadline: float,
    ) -> TableResult: ...

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult: ...

    def close(self) -> None: ...


class SnmpLessons(Protocol):
    """What an engine learned of devices, for whoever keeps it: by address and port, never a key."""

    def remember(self, now: float) -> dict[str, dict[str, Any]]:
        """All of it as JSON has it, by `address|port`; `now` is loop time."""

    def recall(self, kept: Mapping[str, Any], now: float, age_s: float) -> None:
        """Take what `remember` gave `age_s` seconds ago; what cannot be read is left out."""

    def forget(self, host: str, port: int) -> None:
        """Drop what a device's tables taught: it is another device now, or another firmware."""

    def is_slow(self, host: str, port: int) -> bool:
        """Whether the device takes more than half a second for one PDU."""

    def fallbacks(self, now: float) -> tuple[tuple[str, int], ...]:
        """Address and port of the devices that the second engine reads at `now`, loop time."""

    def listen(self, tell: Callable[[Note], None]) -> None:
        """From now on tell this one what people should hear of a device."""
