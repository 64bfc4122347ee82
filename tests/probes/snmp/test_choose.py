"""A device that the fast engine cannot read moves to the second one, for a day."""

from __future__ import annotations

import asyncio
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
