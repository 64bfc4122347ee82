"""A device asked by URL is asked by several probes; none of them tells a thing again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from inventory.credentials import Secret
from probes.clock import ManualClock, run_virtual
from probes.once import ask
from probes.snmp import ber
from probes.transports.model import Transports
from probes.url_forms import parse_target

if TYPE_CHECKING:
    from probes.model import Observation
    from tests.probes.snmp.conftest import Lab

# DSM 7: sysObjectID is net-snmp's, the disk table is Synology's own (SYNOLOGY-DISK-MIB).
NAS: dict[str, tuple[int, Any]] = {
    "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"Linux nas-1 4.4.302+ synology_geminilake_720+"),
    "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.6574.1")),
    "1.3.6.1.2.1.25.1.1.0": (ber.TIMETICKS, 360_000),
    "1.3.6.1.2.1.25.3.3.1.2.196608": (ber.INTEGER, 12),
    "1.3.6.1.2.1.25.3.3.1.2.196609": (ber.INTEGER, 30),
    "1.3.6.1.2.1.25.2.3.1.2.1": (ber.OID, ber.oid("1.3.6.1.2.1.25.2.1.2")),
    "1.3.6.1.2.1.25.2.3.1.3.1": (ber.OCTET_STRING, b"Physical memory"),
    "1.3.6.1.2.1.25.2.3.1.4.1": (ber.INTEGER, 1024),
    "1.3.6.1.2.1.25.2.3.1.5.1": (ber.INTEGER, 1_000_000),
    "1.3.6.1.2.1.25.2.3.1.6.1": (ber.INTEGER, 250_000),
    "1.3.6.1.2.1.25.2.3.1.2.45": (ber.OID, ber.oid("1.3.6.1.2.1.25.2.1.4")),
    "1.3.6.1.2.1.25.2.3.1.3.45": (ber.OCTET_STRING, b"/volume1"),
    "1.3.6.1.2.1.25.2.3.1.4.45": (ber.INTEGER, 4096),
    "1.3.6.1.2.1.25.2.3.1.5.45": (ber.INTEGER, 1000),
    "1.3.6.1.2.1.25.2.3.1.6.45": (ber.INTEGER, 400),
}


def test_processors_memory_and_disks_of_a_storage_are_told_once(lab: Lab) -> None:
    missing: Any = None
    clock, (engine, _wire) = ManualClock(), lab.engine(lab.honest(lab.Agent(NAS)))

    async def story() -> tuple[Observation, ...]:
        asked = parse_target(f"snmp://{lab.HOST}", ("env:SNMP",))
        ways = Transports(engine, missing, missing, missing)
        return await ask(asked, ways, clock, lambda _ref: Secret("public"), lambda _line: None)

    seen = run_virtual(story(), clock)
    assert "snmp-host" in [one.probe for one in seen]
    told = [sample.metric.name for one in seen for sample in one.reading.samples]
    by_probe = Counter(
        one.probe
        for one in seen
        for s in one.reading.samples
        if s.metric.name == "wardops_cpu_ratio"
    )
    assert by_probe == {"snmp-health": 2}
    assert told.count("wardops_memory_used_ratio") <= 1
    assert told.count("wardops_storage_used_ratio") == 1
    assert not [name for name in told if name.startswith("wardops_vm_filesystem")]
    assert any(one.reading.vm for one in seen)
