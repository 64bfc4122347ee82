"""The simulated ESXi host, asked by pyVmomi itself and by the project's own probe."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from drills.sim import Simulation
from inventory.credentials import resolve
from inventory.load import load
from probes.clock import ManualClock, SystemClock
from probes.model import Reason
from probes.registry import kinds, probes
from probes.run import observe
from probes.target import targets_of
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from probes.model import Observation

pytest.importorskip("pyVmomi", reason="pyVmomi is not installed: pip install 'wardops[vsphere]'")

ADDRESS = "127.8.0.61"


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[Simulation]:
    """One ward, whose machine stands on an ESXi host."""
    clock = ManualClock()
    async with Simulation(clock=clock, out=tmp_path, hypervisor="vsphere") as running:
        yield running


async def _look(simulation: Simulation) -> Observation:
    """What the project's probe reads, by the written inventory."""
    folder = simulation.inventory_dir
    inventory = load(folder, kinds())
    found = targets_of(inventory.wards["26740"], inventory)
    target = next(one for one in found if one.kind == "vsphere")
    nothing: Any = None
    http = HttpsClient()
    ways = Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))
    until = asyncio.get_running_loop().time() + 20
    try:
        return await observe(
            target, probes()["vsphere"], ways, SystemClock(), until,
            lambda ref: resolve(ref, folder),
        )  # fmt: skip
    finally:
        await ways.sessions.close()
        await http.close()


async def test_the_probe_reads_the_machine_its_host_and_its_stores(simulation: Simulation) -> None:
    well = await _look(simulation)
    assert (well.reason, well.reading.complete) == (Reason.OK, True)
    assert well.reading.estate is not None
    (guest,), (host,) = well.reading.estate.guests, well.reading.estate.hosts
    machine = simulation.world.topology.nodes["vm-26740-1"].machine
    assert machine is not None
    assert (guest.name, guest.host, guest.power, guest.tools, guest.snapshots) == (
        "vm-26740-1", "esxi-1", "on", "running", 0,
    )  # fmt: skip
    assert guest.cpu_ratio == pytest.approx(sum(machine.busy) / len(machine.busy), abs=0.001)
    assert guest.memory_bytes == machine.memory_bytes
    assert guest.disk_bytes == sum(disk.size_bytes for disk in machine.disks)
    assert (host.name, host.is_online) == ("esxi-1", True)
    simulation.inject("vm_snapshot_full")
    simulation.inject("guest_agent_off", state="absent")
    broken = (await _look(simulation)).reading.estate
    assert broken is not None
    (guest,) = broken.guests
    assert guest.oldest_snapshot_at is not None
    assert (guest.snapshots, guest.tools) == (3, "absent")
    assert (simulation.world.started_at - guest.oldest_snapshot_at).days == 20
    assert {store.name: store.free_ratio < 0.15 for store in broken.stores} == {
        "images-1": True, "backup-1": False,
    }  # fmt: skip
    simulation.inject("vm_off")
    off = (await _look(simulation)).reading.estate
    assert off is not None
    assert off.guests[0].power == "off"


async def test_pyvmomi_logs_in_walks_a_view_page_by_page_and_logs_out(
    simulation: Simulation,
) -> None:
    from pyVim import connect  # noqa: PLC0415 - optional
    from pyVmomi import vim, vmodl  # noqa: PLC0415 - optional

    enter: Any = connect.SmartConnect  # which says nothing of its types
    trust = ssl.create_default_context(cafile=str(simulation.inventory_dir / "ca.pem"))
    ask = vmodl.query.PropertyCollector
    known = [vim.VirtualMachine, vim.HostSystem, vim.Datastore]

    def opened(user: str, password: str) -> Any:
        return enter(
            host=ADDRESS, port=simulation.ports.https, user=user, pwd=password, sslContext=trust
        )

    def wanted(view: Any, path: str) -> Any:
        walk = ask.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
        return ask.FilterSpec(
            propSet=[ask.PropertySpec(type=kind, pathSet=[path]) for kind in known],
            objectSet=[ask.ObjectSpec(obj=view, skip=True, selectSet=[walk])],
        )

    def talked() -> None:
        password = simulation.world.look_password
        service = opened("look", password)
        content = service.RetrieveContent()
        view = content.viewManager.CreateContainerView(content.rootFolder, known, True)
        collector = content.propertyCollector
        page = collector.RetrievePropertiesEx(
            [wanted(view, "name")], ask.RetrieveOptions(maxObjects=1)
        )
        assert service.CurrentTime() == simulation.world.started_at
        names = []
        while page is not None:
            assert len(page.objects) == 1
            names += [page.objects[0].propSet[0].val]
            page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
        assert sorted(names) == ["backup-1", "esxi-1", "images-1", "vm-26740-1"]
        with pytest.raises(vmodl.query.InvalidProperty):
            collector.RetrievePropertiesEx([wanted(view, "nope")], ask.RetrieveOptions())
        with pytest.raises(vmodl.fault.MethodNotFound):
            content.viewManager.CreateListView([])
        content.sessionManager.Logout()
        with pytest.raises(vim.fault.NotAuthenticated):
            collector.RetrievePropertiesEx([wanted(view, "name")], ask.RetrieveOptions())
        with pytest.raises(vim.fault.InvalidLogin):
            content.sessionManager.Login("look", "wrong", None)
        service._stub.DropConnections()
        bare = opened("look-bare", password)
        content = bare.RetrieveContent()
        view = content.viewManager.CreateContainerView(
            content.rootFolder, [vim.VirtualMachine], True
        )
        asked = [wanted(view, "name")]
        assert content.propertyCollector.RetrievePropertiesEx(asked, ask.RetrieveOptions()) is None
        content.sessionManager.Logout()
        bare._stub.DropConnections()

    await asyncio.to_thread(talked)
