"""What is learned of one device and kept: its round trip, its tables, its v3 engine.

It is kept across restarts as plain values, without keys: `remembered` gives them, `recalled` takes
them, and whatever in them cannot be read is left out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from probes.snmp.scripts import Script
from probes.snmp.session import LAST_BOOTS, Engine
from probes.snmp.table_lesson import TableLesson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probes.snmp.layouts import Layouts
    from probes.snmp.session_poll import Poll
    from probes.snmp.types import Oid

FIRST_RTO_S = 1.0
_MIN_RTO_S, _MAX_RTO_S = 0.3, 3.0
ONLY_V1_FOR_S = 24 * 3600.0  # then v2c is tried again: a firmware may have learned it
SLOW_PDU_S = 0.5
OFFENDING_OCTETS = 256  # of a datagram that cannot be read, for whoever looks into it
_MAX_TABLES = 64
_MAX_ENGINE_OCTETS = 32
_MAX_ROWS = 1 << 20
_SCRIPT_LASTS_S = 120.0  # a table read seldomer is not worth the memory


@dataclass(slots=True)
class Peer:
    """One address and port. RTT as RFC 6298 has it, with floors that suit SNMP agents."""

    srtt_s: float | None = None
    rttvar_s: float = 0.0
    tables: dict[str, TableLesson] = field(default_factory=dict)
    scripts: dict[tuple[object, ...], Script] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)
    only_v1_until: float = 0.0
    has_answered: bool = False
    backed_off_s: float = 0.0
    malformed: int = 0
    offending: bytes = b""
    current: Poll | None = None
    waiting: deque[Poll] = field(default_factory=deque)

    @property
    def rto_s(self) -> float:
        """How long the first try waits."""
        if self.srtt_s is None:
            return max(FIRST_RTO_S, self.backed_off_s)
        usual_s = max(self.srtt_s + 4 * self.rttvar_s, _MIN_RTO_S, self.backed_off_s)
        return min(usual_s, _MAX_RTO_S)

    def back_off(self, wait_s: float) -> None:
        """An answer that cannot be measured: wait so long until one can (RFC 6298, 5.5 to 5.7).

        Without it, a device slower than the first wait would be asked everything twice for good.
        """
        self.backed_off_s = min(wait_s, _MAX_RTO_S)

    def learn_rtt(self, rtt_s: float) -> None:
        """Take one round trip that a single request measured."""
        self.backed_off_s = 0.0
        if self.srtt_s is None:
            self.srtt_s, self.rttvar_s = rtt_s, rtt_s / 2
            return
        self.rttvar_s += 0.25 * (abs(self.srtt_s - rtt_s) - self.rttvar_s)
        self.srtt_s += 0.125 * (rtt_s - self.srtt_s)

    def script(self, key: tuple[object, ...], now: float, layouts: Layouts) -> Script | None:
        """How a table was read last, for a reader to follow and go on with; None if long ago.

        The key names the session too: a form that was right for one says nothing for another.
        """
        known = self.scripts.pop(key, None)
        is_late = known is None or now - known.read_at > _SCRIPT_LASTS_S
        script = self.scripts[key] = Script(now, layouts) if known is None or is_late else known
        script.read_at = now
        if len(self.scripts) > _MAX_TABLES:
            del self.scripts[next(iter(self.scripts))]
        return None if is_late else script

    def forget_tables(self) -> None:
        """Another device, or another firmware: nothing of its tables holds any more."""
        self.tables.clear()
        self.scripts.clear()

    def learn_table(self, key: str, learned: TableLesson) -> None:
        """Keep what reading a table taught; of many tables the latest."""
        self.tables.pop(key, None)
        self.tables[key] = learned
        if len(self.tables) > _MAX_TABLES:
            del self.tables[next(iter(self.tables))]


def table_key(columns: Sequence[Oid]) -> str:
    """The name under which a table's lessons are kept: its first column and how many there are."""
    return f"{columns[0].hex() if columns else ''}/{len(columns)}"


def remembered(peer: Peer, now: float) -> dict[str, Any]:
    """What is worth keeping of a device, as JSON has it; {} when nothing is."""
    kept: dict[str, Any] = {}
    if peer.tables:
        kept["tables"] = {
            key: [t.rows_per_pdu, t.ceiling, t.rows, t.clean] for key, t in peer.tables.items()
        }
    if peer.engine.id and peer.engine.is_proven:
        stamp = peer.engine.stamp(now)
        kept["engine"] = [stamp.engine_id.hex(), stamp.boots, stamp.time]
    if peer.only_v1_until > now:
        kept["only_v1_s"] = peer.only_v1_until - now
    return kept


def recalled(kept: Mapping[str, Any], now: float, age_s: float) -> Peer:
    """A device as it was `age_s` seconds ago. An engine's clock is proven anew by its answers."""
    peer = Peer()
    for key, told in _pairs(kept.get("tables")):
        if (learned := _learned(told)) is not None:
            peer.learn_table(key, learned)
    peer.engine = _engine(kept.get("engine"), now, age_s) or Engine()
    left_s = kept.get("only_v1_s")
    if isinstance(left_s, int | float):
        peer.only_v1_until = now + min(left_s, ONLY_V1_FOR_S) - age_s
    return peer


def _pairs(told: object) -> list[tuple[str, Any]]:
    return [(str(key), value) for key, value in told.items()] if isinstance(told, dict) else []


def _learned(told: object) -> TableLesson | None:
    if not isinstance(told, list) or len(told) != 4:
        return None
    rows_per_pdu, ceiling, rows, clean = told
    is_good = all(
        value is None or (type(value) is int and least <= value <= _MAX_ROWS)
        for value, least in ((rows_per_pdu, 1), (ceiling, 1), (rows, 0))
    )
    return (
        TableLesson(rows_per_pdu, ceiling, rows, clean) if is_good and type(clean) is int else None
    )


def _engine(told: object, now: float, age_s: float) -> Engine | None:
    if not isinstance(told, list) or len(told) != 3 or not isinstance(told[0], str):
        return None
    try:
        engine_id = bytes.fromhex(told[0])
    except ValueError:
        return None
    boots, time = told[1:]
    if not 1 <= len(engine_id) <= _MAX_ENGINE_OCTETS or not _is_count(boots, time):
        return None
    return Engine(engine_id, boots, now - time - max(0.0, age_s))


def _is_count(*values: object) -> bool:
    return all(type(value) is int and 0 <= value <= LAST_BOOTS for value in values)
