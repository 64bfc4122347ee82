"""Any video endpoint from outside: open, closed and silent ports are kept apart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import ProbeError, Refused, TimedOut, Unreachable
from probes.model import Probe, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.vc.generic import Doors, look
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.model import Observation, ProbeContext, Reading

HOST = "127.0.0.1"


def target() -> Target:
    """A device without any access."""
    return Target(ward="26740", name="vc-a", kind="vc_generic", role="vc", host=HOST)


async def ask(
    ports: Mapping[int, float | ProbeError], *, sip: int = 5060, wire: Wire | None = None
) -> Observation:
    """Run the probe; SIP may stand on another port."""
    nothing: Any = None
    tcp = FakeTcp({(HOST, port): answer for port, answer in ports.items()})
    transports = Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=tcp, wire=wire)

    async def run(asked: Target, context: ProbeContext) -> Reading:
        return await look(asked, context, Doors(sip=sip, within_s=60))

    probe = Probe("vc-generic", 60, 5, run)
    deadline = asyncio.get_running_loop().time() + 60
    return await observe(
        target(), probe, transports, SystemClock(), deadline, lambda _ref: Secret("")
    )


def values(seen: Observation) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {(s.metric.name, *s.labels): s.value for s in seen.reading.samples}


async def test_open_closed_and_silent_ports_are_kept_apart() -> None:
    seen = await ask({443: 0.01, 1720: Refused(), 5060: 0.01})
    assert seen.reason is Reason.OK
    assert values(seen) == {
        ("wardops_vc_up",): 1,
        ("wardops_vc_port_open", "https"): 1,
        ("wardops_vc_port_open", "h323"): 0,
        ("wardops_vc_port_open", "sip"): 1,
    }
    assert seen.reading.method == "outside checks only"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Refused(), Reason.REFUSED),
        (Unreachable(), Reason.UNREACHABLE),
        (TimedOut(), Reason.TIMEOUT),
    ],
)
async def test_where_nothing_answers_the_reason_says_how(error: ProbeError, reason: Reason) -> None:
    seen = await ask(dict.fromkeys((443, 1720, 5060, 5061), error))
    assert (seen.reason, seen.reading.samples) == (reason, ())


class Server(asyncio.DatagramProtocol):
    """A SIP endpoint that answers OPTIONS with one status."""

    def __init__(self, status: str) -> None:
        self.status, self.heard = status, list[bytes]()

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self.way = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer."""
        self.heard.append(data)
        keep = (b"Via", b"From", b"To", b"Call-ID", b"CSeq")
        lines = [line for line in data.split(b"\r\n") if line.startswith(keep)]
        head = b"\r\n".join([f"SIP/2.0 {self.status}".encode(), *lines, b"Content-Length: 0"])
        self.way.sendto(head + b"\r\n\r\n", addr)


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "486 Busy Here", "503 Ill"])
async def test_any_final_answer_to_options_says_that_sip_is_there(status: str) -> None:
    loop = asyncio.get_running_loop()
    way, server = await loop.create_datagram_endpoint(lambda: Server(status), local_addr=(HOST, 0))
    try:
        port = way.get_extra_info("sockname")[1]
        seen = await ask({}, sip=port, wire=Wire())
    finally:
        way.close()
    assert values(seen) == {("wardops_vc_up",): 1, ("wardops_vc_port_open", "sip"): 1}
    assert server.heard[0].startswith(b"OPTIONS ")
