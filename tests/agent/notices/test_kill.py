"""kill -9 of a real process that sends: the file outside and the journal inside agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.notices.model import NoticeState

WRITER = Path(__file__).with_name("notice_writer.py")
WHOLE = bool(os.environ.get("WARDOPS_SOAK"))
KILLS = 60 if WHOLE else 6
NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)


@pytest.mark.realtime
@pytest.mark.timeout(600 if WHOLE else 120)
def test_kill_9_never_tells_twice_and_never_leaves_an_alert_unanswered(tmp_path: Path) -> None:
    random = Random(20261121)  # noqa: S311 - the points of death
    for turn in range(KILLS):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(tmp_path), str(turn)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            for _line in range(random.randint(1, 8)):
                writer.stdout.readline()
            writer.kill()
    store = open_store(tmp_path, Opening("agent-1", "sim", "boot", NOW, lambda: 0.0))
    assert store.put_aside is None
    assert store.verify_audit() is None
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert len({one["key"] for one in told}) == len(told) > KILLS
    rows = {row.key: row for row in store.notices.all()}
    said = defaultdict(list)
    for one in told:
        said[rows[one["key"]].subject].append(one["type"])
    open_ones = {one.uid for one in store.incidents(open_only=True)}
    waiting = {row.subject for row in rows.values() if row.state is not NoticeState.SENT}
    for uid, types in said.items():
        assert types in (["problem"], ["problem", "recovery"])
        assert len(types) == 2 or uid in open_ones | waiting
    assert {one.uid for one in store.incidents()} <= set(said) | waiting
    store.close()
