"""The `notify:` part of agent.yaml as a person writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.settings import read_settings
from inventory.errors import InventoryError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(
        "schema: wardops/agent/1\n"
        "notify:\n"
        "  alertmanager: {urls: ['http://10.0.0.5:9093']}\n"
        "  webhook:\n"
        "    - {name: noc, url: 'https://sms.example/send', secret: 'file:secrets/hook'}\n"
        "retention: {events_days: 30}\n",
        encoding="utf-8",
    )
    config = read_settings(tmp_path)
    assert config.notify.alertmanager is not None
    assert config.notify.webhook[0].name == "noc"
    assert config.retention.events_days == 30


def test_a_mistake_is_one_line_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(
        "schema: wardops/agent/1\nnotify:\n  webhook:\n"
        "    - {name: noc, url: 'http://sms.example/send', secret: 'file:hook'}\n",
        encoding="utf-8",
    )
    with pytest.raises(InventoryError) as refused:
        read_settings(tmp_path)
    (line,) = refused.value.text("vi").splitlines()
    assert line.startswith("agent.yaml:4:")
    assert refused.value.exit_code == 2
