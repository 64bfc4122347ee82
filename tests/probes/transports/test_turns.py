"""Turns keep two sessions with one device apart, and let different devices be asked at once."""

from __future__ import annotations

import asyncio

from probes.transports.turns import Turns


async def test_one_device_is_asked_by_one_at_a_time_and_others_meanwhile() -> None:
    turns, seen = Turns(), list[str]()
    may_go = asyncio.Event()

    async def ask(name: str, host: str) -> None:
        async with turns.one(host, 443):
            seen.append(f"{name} in")
            await may_go.wait()
            seen.append(f"{name} out")

    tasks = [asyncio.create_task(ask(name, host)) for name, host in (("a", "1"), ("b", "1"))]
    tasks.append(asyncio.create_task(ask("c", "2")))
    for _ in range(3):
        await asyncio.wait(tasks, timeout=0)
    assert seen == ["a in", "c in"]
    may_go.set()
    await asyncio.gather(*tasks)
    assert seen.index("a out") < seen.index("b in")


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    turns = Turns()
    async with turns.one("1", 443):
        waiting = asyncio.create_task(turns.one("1", 443).__aenter__())
        await asyncio.wait([waiting], timeout=0)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with turns.one("1", 443):
        pass
