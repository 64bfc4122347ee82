"""Opens and ends incidents and sends notices into a file until it is killed.

Started by test_kill.py as a program of its own: FOLDER TURN.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from agent.incidents.life import open_from, resolve
from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.notices.channels.file import FileChannel
from agent.notices.desk import Desk
from agent.notices.model import NoticeRules, Recipient
from agent.notices.office import Office
from agent.notices.wording import Advice
from inventory.values import Words
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
OUT = Recipient("file", "file", is_person=False)


async def main(folder: Path, turn: int) -> None:
    """Go on for ever; every incident ends a moment after it began."""
    clock = ManualClock(START + timedelta(hours=turn))
    opening = Opening("agent-1", "sim", f"boot-{turn}", clock.now(), clock.monotonic)
    store = open_store(folder, opening)
    advice = Advice(Words(vi="Phường", en="Ward"))
    store.plan_notices_with(Desk((OUT,), lambda _ward: advice, "sim", NoticeRules(timedelta(0))))
    channel = FileChannel(folder / "out.jsonl")
    office = Office(store, {OUT: channel}, clock, lambda _channel, _result: None)
    for number in count():
        for left in store.incidents(open_only=True):
            store.update_incident(*resolve(left, clock.now()))
        await office.deliver(OUT)
        now = clock.now()
        uid = f"uid-{turn}-{number}"
        store.open_incident(*open_from(LINE, ward="26740", uid=uid, t_started=now, now=now))
        await office.deliver(OUT)
        clock.move(1.0)
        sys.stdout.write(".\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
