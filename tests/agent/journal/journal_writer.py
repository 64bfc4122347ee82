"""Writes incidents and audit rows until it is killed; says each number once it is on disk.

Started by test_store.py as a program of its own: FOLDER TURN.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from agent.incidents.life import open_from
from agent.journal.database import Opening
from agent.journal.store import open_store
from playbooks.verdict.model import Verdict

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")


def main(folder: Path, turn: str) -> None:
    """Write for ever."""
    store = open_store(folder, Opening("agent-1", "sim", f"boot-{turn}", NOW, lambda: 0.0))
    for number in count():
        record, event = open_from(
            LINE, ward="26740", uid=f"uid-{turn}-{number}", t_started=NOW, now=NOW
        )
        written = store.open_incident(record, event)
        sys.stdout.write(f"{written.id}\n")
        sys.stdout.flush()
        store.append_audit(
            NOW, actor="machine", role="agent", source="machine", action="incident.opened",
            target=written.id,
        )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
