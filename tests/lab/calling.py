"""Our own SIP probes and STAMP as the lab runs them on a host of the ward, beside a call.

    python -m tests.lab.calling ask '[{"probe": "sip-options", "url": "sip://198.19.0.60:5070"}]'
    python -m tests.lab.calling stamp HOST PORT ROUNDS BESIDE COUNT GAP_S

A question may have `user`, `password`, `domain`, `test_uri`, and for `sip-lookup` `address` and
`lookup`; a JSON list tells reason, detail and values of each, by metric and labels. `stamp` sends
so many bursts beside each other, so many times, and tells each direction as one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from inventory.access import SipAccount, SipEntry
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Target
from probes.path.stamp_sender import StampSender
from probes.registry import probes
from probes.run import observe
from probes.transports.open import open_transports
from tests.lab.measuring import TIMEOUT_S, one_clock, together
from tests.lab.metrolink import hurry

if TYPE_CHECKING:
    from probes.path.stamp_quality import Quality


def target_of(asked: dict[str, str]) -> Target:
    """What is asked, as an inventory would name it."""
    account = SipAccount(
        auth="env:LAB" if "user" in asked else None,
        domain=asked.get("domain"),
        test_uri=asked.get("test_uri"),
    )
    entry = None
    if "address" in asked:
        entry = SipEntry(address=asked["address"], lookup=asked["lookup"])
    return Target(
        ward="26740", name="sip", kind="service:sip", role="service", host="",
        url=asked.get("url"), sip=account, sip_entry=entry,
    )  # fmt: skip


async def ask(asked: dict[str, str]) -> dict[str, Any]:
    """One question, as the agent asks it."""
    clock = SystemClock()
    probe = probes()[asked["probe"]]

    def secret(_ref: str) -> Secret:
        return Secret(json.dumps({"user": asked["user"], "password": asked["password"]}))

    async with open_transports(None, clock) as transports:
        deadline = clock.monotonic() + probe.timeout_s
        seen = await observe(target_of(asked), probe, transports, clock, deadline, secret)
    values = {
        " ".join((sample.metric.name, *sample.labels)): sample.value
        for sample in seen.reading.samples
    }
    call = seen.reading.call
    sent = {way.dir: way.sent for way in call.ways} if call is not None else {}
    return {"reason": seen.reason.value, "detail": seen.detail, "values": values, "sent": sent}


async def stamp(
    host: str, port: int, rounds: int, beside: int, count: int, gap_s: float
) -> dict[str, Any]:
    """Bursts by the agent's own sender, each in the rhythm of a call, evenly beside each other."""
    clock = SystemClock()
    sender = StampSender(estimate=one_clock)

    async def burst(turn: int) -> Quality:
        await clock.sleep(turn * gap_s / beside)
        return await sender.burst(
            host, port, dscp=46, count=count, gap_s=gap_s, timeout_s=TIMEOUT_S
        )

    found: list[Quality] = []
    try:
        for _round in range(rounds):
            found += await asyncio.gather(*map(burst, range(beside)))
    finally:
        sender.close()
    ways = {
        "out": together([one.out for one in found]),
        "back": together([one.back for one in found]),
    }
    return {name: asdict(way) for name, way in ways.items()}


def main() -> int:
    """Do what the command line says, woken first where the machine allows it."""
    hurry()
    kind, *given = sys.argv[1:]
    told: Any
    if kind == "ask":
        told = [asyncio.run(ask(one)) for one in json.loads(given[0])]
    else:
        port, rounds, beside, count = map(int, given[1:5])
        told = asyncio.run(stamp(given[0], port, rounds, beside, count, float(given[5])))
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
