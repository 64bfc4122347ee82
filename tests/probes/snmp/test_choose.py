"""A device that the fast engine cannot read moves to the second one, for a day."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from probes import oids
from probes.errors import ParseFailed
from probes.snmp import ber
from probes.snmp.choose import ChosenEngine
from probes.snmp.engine_fast import FastEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.snmp.ber import Message
    from probes.snmp.types import Note
    from tests.probes.snmp.conftest import Lab, Reply

DAY_S = 24 * 3600.0


def test_three_unreadable_polls_in_a_row_move_a_device_for_a_day(lab: Lab) -> None:
    agent = lab.Agent({"1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1")})

    def garbled(request: Message, _data: bytes) -> Iterator[Reply]:
        yield lab.Reply(ber.encode_message(agent.answer(request))[:20])

    notes: list[Note] = []
    fast, fast_wire = lab.engine(garbled)
    second, _ = lab.engine(lab.honest(agent))
    client = ChosenEngine(fast, lambda: second, notes.append)

    async def poll() -> object:
        loop = asyncio.get_running_loop()
        target = lab.target()
        result = await client.get(target, (oids.sysName,), deadline=loop.time() + 8.0)
        return result.varbinds[0].value

    async def story() -> None:
        for _ in range(2):
            with pytest.raises(ParseFailed):
                await poll()
        assert await poll() == b"sw-1"
        sent = len(fast_wire.sent)
        assert await poll() == b"sw-1"
        assert len(fast_wire.sent) == sent
        loop = asyncio.get_running_loop()
        assert client.fallbacks(loop.time()) == ((lab.HOST, 161),)
        assert client.fallbacks(loop.time() + DAY_S) == ()

    lab.on_virtual_time(story)
    assert [note.word for note in notes] == ["snmp-engine-fallback"]
    assert isinstance(fast, FastEngine)


def test_after_a_day_the_fast_engine_is_tried_again_and_told_only_when_it_had_read_between(
    lab: Lab,
) -> None:
    agent = lab.Agent({"1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1")})
    is_garbled = True

    def sometimes(request: Message, _data: bytes) -> Iterator[Reply]:
        octets = ber.encode_message(agent.answer(request))
        yield lab.Reply(octets[:20] if is_garbled else octets)

    notes: list[Note] = []
    fast, fast_wire = lab.engine(sometimes)
    second, second_wire = lab.engine(lab.honest(agent))
    client = ChosenEngine(fast, lambda: second, notes.append)

    async def polls(times: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(times):
            with contextlib.suppress(ParseFailed):
                await client.get(lab.target(), (oids.sysName,), deadline=loop.time() + 8.0)

    async def story() -> None:
        nonlocal is_garbled
        await polls(4)
        for told in (1, 1):  # it fails again: still the same thing, told once
            await asyncio.sleep(DAY_S)  # noqa: TID251 - virtual time
            await polls(3)
            assert len(notes) == told
        await asyncio.sleep(DAY_S)  # noqa: TID251 - virtual time
        is_garbled = False
        asked = len(second_wire.sent)
        await polls(3)
        assert len(second_wire.sent) == asked
        assert client.fallbacks(asyncio.get_running_loop().time()) == ()
        is_garbled = True
        await polls(3)
        assert len(notes) == 2

    lab.on_virtual_time(story)
    assert len(fast_wire.sent) > 0


def test_a_fallback_survives_a_restart_for_the_rest_of_its_day(lab: Lab) -> None:
    kept = {f"{lab.HOST}|161": {"pysnmp_s": DAY_S}, "x|161": {"pysnmp_s": "y"}, "y|161": []}
    fast, _ = lab.engine(lambda *_: ())
    client = ChosenEngine(fast, lambda: fast)
    client.recall(kept, 0.0, 3600.0)
    assert client.fallbacks(DAY_S - 3601.0) == ((lab.HOST, 161),)
    assert client.remember(0.0) == {f"{lab.HOST}|161": {"pysnmp_s": DAY_S - 3600.0}}
    client.forget(lab.HOST, 161)
    assert client.fallbacks(0.0) == ((lab.HOST, 161),)
