"""An audit judges by the history that an agent keeps, and says where there is none."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli import main
from agent.journal.database import Opening
from agent.machines.audit import audit
from agent.machines.audit_page import audit_page
from agent.machines.audit_words import summary
from agent.machines.forecast import SLOT_S, Point, slot_at
from agent.machines.history_shelf import QUOTA, Busy, Counted, HistoryShelf, Place
from agent.machines.trends import kept_trends
from agent.samples import shelf as samples
from agent.samples.shelf import SCHEMA, open_samples
from inventory.errors import WardopsError
from inventory.load import load
from probes.clock import ManualClock, SystemClock, run_virtual
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import HttpAnswer, Transports

if TYPE_CHECKING:
    from pathlib import Path

    from agent.journal.migrations import Migration
    from agent.machines.judging import Audited
    from probes.vm.finding import Finding
    from probes.vm.trend import Trends

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
URL = "http://192.0.2.10:9100/metrics"
INVENTORY = f"""\
schema: wardops/inventory/1
ward: "26740"
quota: {{disk_gib: 100}}
devices:
  - name: app-1
    kind: linux_vm
    role: vm
    site: dc
    address: 192.0.2.10
    node_exporter: "{URL}"
"""
PAGE = b"""\
node_time_seconds 1.79522e+09
node_filesystem_size_bytes{fstype="ext4",mountpoint="/"} 100
node_filesystem_avail_bytes{fstype="ext4",mountpoint="/"} 30
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An inventory of one machine."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "26740.yaml").write_text(INVENTORY)
    return tmp_path


def keep(folder: Path, now: datetime, realm: str = "live") -> Path:
    """The state of an agent that has seen the disk lose a fourth of 1 % every six hours."""
    opened = open_samples(folder / "state", Opening("a", realm, "b", now, lambda: 0.0))
    last = slot_at(now.timestamp())
    slots = [last - n * SLOT_S for n in range(120)]
    place, quota = Place("26740", "app-1", "/"), Place("26740", QUOTA, "disk")
    HistoryShelf(opened.database).put(
        [
            *((place, Point(slot, 30 + n, 100)) for n, slot in enumerate(slots)),
            *((quota, Point(slot, 50 + n, 100)) for n, slot in enumerate(slots)),
        ],
        [("26740", "app-1", Busy(slot, 100, 1)) for slot in slots],
        [("26740", Counted(last, 9)), ("26740", Counted(last - 80 * 4 * SLOT_S, 7))],
    )
    opened.close()
    return folder / "state"


def audited(folder: Path, trends: dict[str, dict[str, Trends]]) -> tuple[Audited, ...]:
    """What an audit finds."""
    nothing: Any = None
    http = FakeHttp({URL: HttpAnswer(200, PAGE, "text/plain")})
    ways = Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))
    clock = ManualClock(NOW)
    inventory = load(folder / "inventory", with_secrets=False)
    whole = audit(inventory, ("26740",), ways, clock, lambda ward: trends.get(ward, {}))
    found: tuple[Audited, ...] = run_virtual(whole, clock)
    return found


def finding(one: Audited, rule: str) -> Finding:
    return next(each for each in one.findings if each.rule == rule)


def test_the_rules_of_growth_are_judged_by_an_agents_history(folder: Path) -> None:
    state = keep(folder, NOW)
    trends = kept_trends(state, ("26740",), "live", NOW.timestamp())
    machine, ward = audited(folder, {code: dict(found) for code, found in trends.items()})
    full = finding(machine, "DC-12")
    assert (full.result, full.said) == ("fail", "vm_rule.said.fills")
    assert dict(full.values)["first"] in {"28/11/2026", "29/11/2026"}
    assert finding(machine, "DC-19").result == "fail"
    assert finding(machine, "DC-02").result == "fail"
    grown = finding(ward, "DC-19")
    assert (ward.kind, grown.said) == ("ward", "vm_rule.said.fills")
    page = audit_page([ward], "live", NOW, "vi")
    assert "<h2>Phường Sài Gòn (26740)</h2>" in page
    assert summary([machine, ward], "vi").startswith("1 máy")


def test_without_a_history_they_are_unknown_and_say_so(folder: Path) -> None:
    machine, ward = audited(folder, {})
    for rule in ("DC-02", "DC-12", "DC-19"):
        assert finding(machine, rule).said == "vm_rule.said.no_history"
    unsized = finding(ward, "DC-19")
    assert (unsized.result, dict(unsized.values)) == ("unknown", {"machines": "app-1"})
    assert not ward.is_measured


def test_a_state_folder_of_another_realm_or_without_samples_is_refused(folder: Path) -> None:
    state = keep(folder, NOW, realm="drill")
    for place in (state, folder / "nowhere"):
        with pytest.raises(WardopsError):
            kept_trends(place, ("26740",), "live", NOW.timestamp())


def test_samples_of_before_there_was_a_history_have_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older: tuple[Migration, ...] = SCHEMA[:1]
    with monkeypatch.context() as patched:
        patched.setattr(samples, "SCHEMA", older)
        open_samples(folder, Opening("a", "live", "b", NOW, lambda: 0.0)).close()
    assert kept_trends(folder, ("26740",), "live", NOW.timestamp()) == {}
    open_samples(folder, Opening("a", "live", "b", NOW, lambda: 0.0)).close()
    assert kept_trends(folder, ("26740",), "live", NOW.timestamp()) == {"26740": {}}


@pytest.mark.parametrize(
    ("language", "says"), [("vi", "ai đăng nhập thì chưa đo"), ("en", "logins are not measured")]
)
def test_the_command_reads_the_state_folder_it_is_given(
    folder: Path, capsys: pytest.CaptureFixture[str], language: str, says: str
) -> None:
    keep(folder, SystemClock().now() - timedelta(hours=1))
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = INVENTORY.replace("192.0.2.10:9100", place).replace("192.0.2.10", "127.0.0.1")
        (folder / "inventory" / "26740.yaml").write_text(refused)
        line = ["vm", "audit", "--inventory", str(folder / "inventory"), "--lang", language]
        assert main([*line, "--state", str(folder / "nowhere")]) == 2
        assert "nowhere" in capsys.readouterr().err
        assert main([*line, "--state", str(folder / "state")]) == 3
    assert says in " ".join(capsys.readouterr().out.split())
