"""`/snmp`: a device as snmp_exporter shows it, from memory where that is fresh; others never."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.snmp_reads import SnmpReads
from agent.web.app import build_app
from drills.sim import Simulation
from inventory.credentials import Secret
from inventory.load import load
from probes.clock import SystemClock
from probes.registry import kinds
from probes.snmp.datagrams import UdpDatagrams
from probes.snmp.engine_fast import FastEngine
from probes.target import targets_of
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from probes.model import Target


@dataclass(frozen=True)
class Ward:
    """A simulated ward, the application over it, and what has been sent to its devices."""

    simulation: Simulation
    switch: Target
    client: httpx.AsyncClient
    engine: FastEngine

    async def page(self, **asked: str) -> httpx.Response:
        """The answer to `/snmp` with these parameters."""
        return await self.client.get("/snmp", params=asked)


@asynccontextmanager
async def ward(agent: Any, folder: Path, community: str = "") -> AsyncIterator[Ward]:
    """A ward in which devices answer SNMP."""
    clock, missing, engine = SystemClock(), None, FastEngine(UdpDatagrams())
    async with Simulation(clock=clock, out=folder) as simulation:
        inventory = load(folder, kinds())
        targets = [one for each in inventory.wards.values() for one in targets_of(each, inventory)]
        ways: Any = Transports(engine, missing, missing, missing)  # type: ignore[arg-type]
        secret = Secret(community or simulation.world.community)
        reads = SnmpReads(targets, ways, clock, lambda _reference: secret, 30.0)
        agent.app = build_app(replace(agent.parts, snmp=reads, clock=clock))
        switch = next(one for one in targets if one.role == "core")
        try:
            async with agent.client(token=False) as client:
                yield Ward(simulation, switch, client, engine)
        finally:
            await reads.close()
            engine.close()


def values(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Value by name and labels, without what the scrape says of itself."""
    return {
        (sample.name.removesuffix("_total"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_format(text)
        for sample in family.samples
        if not sample.name.startswith(("snmp_scrape_", "wardops_"))
    }


@pytest.mark.realtime
async def test_a_device_is_shown_by_name_and_by_address_alike(agent: Any, tmp_path: Path) -> None:
    async with ward(agent, tmp_path) as at:
        port = at.simulation.ports.snmp
        by_name = await at.page(target=at.switch.name)
        sent = at.engine.counts.sent
        for place in (f"{at.switch.host}:{port}", f"udp://{at.switch.host}:{port}"):
            assert values((await at.page(target=place)).text) == values(by_name.text)
        assert at.engine.counts.sent == sent, "a fresh answer costs no packet"
        assert by_name.headers["content-type"].startswith("text/plain; version=0.0.4")
        shown = values(by_name.text)
        ports = {dict(labels)["ifName"] for (name, labels) in shown if name == "ifHCInOctets"}
        assert at.switch.uplink in ports
        assert {tuple(dict(labels)) for (name, labels) in shown if name == "ifOperStatus"} == {
            ("ifAlias", "ifDescr", "ifIndex", "ifName")
        }


@pytest.mark.realtime
async def test_callers_at_the_same_moment_share_one_read(agent: Any, tmp_path: Path) -> None:
    async with ward(agent, tmp_path) as at:
        await at.page(target=at.switch.name, max_age="0")
        alone = at.engine.counts.sent
        answers = await asyncio.gather(
            *(at.page(target=at.switch.name, max_age="0") for _ in range(8))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert at.engine.counts.sent <= 2 * alone


@pytest.mark.realtime
async def test_two_modules_stand_in_one_answer_and_share_what_both_read(
    agent: Any, tmp_path: Path
) -> None:
    async with ward(agent, tmp_path) as at:
        text = (await at.page(target=at.switch.name, module="if_mib,system")).text
        assert text.count("# TYPE sysUpTime gauge") == 1
        assert 'snmp_scrape_pdus_returned{module="system"}' in text
        assert 'wardops_probe_success{probe="snmp"} 1' in text
        assert 'sysName{sysName="' in text
        assert 'sysLocation{sysLocation="redacted"} 1' in text


@pytest.mark.realtime
async def test_a_device_that_is_silent_is_one_line_and_no_series(
    agent: Any, tmp_path: Path
) -> None:
    async with ward(agent, tmp_path, community="wrong") as at:
        at.client.headers["X-Prometheus-Scrape-Timeout-Seconds"] = "0.8"
        answer = await at.page(target=at.switch.name)
        assert answer.status_code == 500
        assert answer.text.startswith(f"snmp {at.switch.name}: ")
        assert answer.text.count("\n") == 1


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 400),
        ("target=", 400),
        ("target=sw-26740-01&target=ce-26740", 400),
        ("target=sw-26740-01&module=cisco_wlc", 400),
        ("target=sw-26740-01&module=", 400),
        ("target=sw-26740-01&auth=public_v2", 400),
        ("target=sw-26740-01&max_age=-1", 400),
        ("target=sw-26740-01&snmp_context=x", 400),
        ("target=ce-26740", 404),
        ("target=192.0.2.1", 404),
        ("target=192.0.2.99", 403),
        ("target=sw-26740-02", 403),
        ("target=192.0.2.10:162", 403),
        ("target=3221225994", 403),
        ("target=0300.0.02.012", 403),
        ("target=user@192.0.2.10", 403),
        ("target=192.0.2.10.", 403),
        ("target=[::1]", 403),
        ("target=http://192.0.2.10", 403),
        ("target=192.0.2.10%0d%0aX:1", 403),
        ("target=localhost", 403),
    ],
)
async def test_what_is_not_to_be_asked_is_one_line_and_no_packet(
    agent: Any, asked: str, status: int
) -> None:
    """The fixture's agent has no way out to the network at all."""
    async with agent.client(token=False) as client:
        answer = await client.get(f"/snmp?{asked}")
    assert answer.status_code == status
    assert answer.text.count("\n") == 1
    assert answer.headers["content-type"].startswith("text/plain")


async def test_who_may_not_read_metrics_may_not_read_devices(agent: Any) -> None:
    async with agent.client(token=False, peer="192.0.2.77") as client:
        answer = await client.get("/snmp?target=sw-26740-01")
        assert answer.status_code == (await client.get("/metrics")).status_code == 401
