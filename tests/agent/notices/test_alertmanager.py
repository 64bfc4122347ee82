"""The real Alertmanager (Debian's 0.25): alerts fire and end once each, windows are silences."""

from __future__ import annotations

import asyncio
import json
import subprocess
import urllib.request
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shutil import which
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from agent.incidents.life import open_from, resolve
from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.maintenance.model import Window, ended_early
from agent.notices.channels.alertmanager import AlertmanagerChannel
from agent.notices.desk import Desk
from agent.notices.model import NoticeRules, Recipient
from agent.notices.office import Office
from agent.notices.post import Poster
from agent.notices.silences import Silences
from agent.notices.wording import Advice
from inventory.values import Words
from playbooks.verdict.model import Verdict
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.timeout(120),
    pytest.mark.skipif(which("prometheus-alertmanager") is None, reason="not installed here"),
]
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
ALERTS = Recipient("alertmanager", "alertmanager", is_person=False)
WARDS = [str(26740 + number) for number in range(50)]


class Pager(ThreadingHTTPServer):
    """Whom the Alertmanager tells; keeps (status, ward) of every alert of every message."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Told)
        self.told: Counter[tuple[str, str]] = Counter()


class _Told(BaseHTTPRequestHandler):
    server: Pager

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in message["alerts"]:
            self.server.told[alert["status"], alert["labels"]["ward"]] += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_line: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def pager() -> Iterator[Pager]:
    server = Pager()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def alertmanager(
    tmp_path: Path, pager: Pager, free_port: Callable[[], int], eventually: Callable[..., Any]
) -> Iterator[str]:
    config = tmp_path / "alertmanager.yml"
    config.write_text(
        "route: {receiver: pager, group_by: [ward], group_wait: 1s, group_interval: 1s,"
        " repeat_interval: 4h}\n"
        "receivers:\n- name: pager\n  webhook_configs:\n"
        f"  - {{url: 'http://127.0.0.1:{pager.server_port}/', send_resolved: true}}\n"
    )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [
            "prometheus-alertmanager", f"--config.file={config}",
            f"--storage.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            eventually(lambda: urllib.request.urlopen(f"{url}/-/ready", timeout=2).status == 200)  # noqa: S310 - loopback
            yield url
        finally:
            process.terminate()


def test_fifty_wards_fall_and_return_and_each_is_told_once_each_way(
    tmp_path: Path, alertmanager: str, pager: Pager, eventually: Callable[..., Any]
) -> None:
    async def story() -> None:
        clock = SystemClock()
        opening = Opening("agent-1", "sim", "boot", clock.now(), clock.monotonic)
        store = open_store(tmp_path / "state", opening)
        channel = AlertmanagerChannel([alertmanager], Poster(), clock, ALERTS)
        desk = Desk(
            (ALERTS,), lambda ward: Advice(Words(vi=ward, en=ward)), "sim",
            NoticeRules(hold=timedelta(0)),
        )  # fmt: skip
        store.plan_notices_with(desk)
        office = Office(store, {ALERTS: channel}, clock, lambda _channel, _result: None)
        now = clock.now()
        opened = [
            store.open_incident(
                *open_from(LINE, ward=ward, uid=f"uid-{ward}", t_started=now, now=now)
            )
            for ward in WARDS
        ]
        await office.deliver(ALERTS)
        await office.refresh(ALERTS)
        await asyncio.to_thread(eventually, lambda: len(pager.told) == len(WARDS))
        await office.refresh(ALERTS)
        for incident in opened:
            store.update_incident(*resolve(incident, clock.now()))
        await office.deliver(ALERTS)
        await office.refresh(ALERTS)
        await asyncio.to_thread(eventually, lambda: len(pager.told) == 2 * len(WARDS))
        await office.refresh(ALERTS)
        await clock.sleep(3.0)
        await office.close()
        store.close()

    asyncio.run(story())
    expected = {(status, ward): 1 for ward in WARDS for status in ("firing", "resolved")}
    assert pager.told == expected


def silences_at(url: str) -> list[dict[str, Any]]:
    """What the Alertmanager holds that has not expired."""
    with urllib.request.urlopen(f"{url}/api/v2/silences", timeout=5) as answer:  # noqa: S310 - loopback
        found: list[dict[str, Any]] = json.loads(answer.read())
    return [one for one in found if one["status"]["state"] != "expired"]


def test_a_window_is_a_silence_with_its_end_and_goes_with_it(alertmanager: str) -> None:
    async def story() -> None:
        clock = SystemClock()
        now = clock.now().replace(microsecond=0)
        common = {"ward": "26740", "reason": "thay ắc quy", "actor": "local:it"}
        whole = Window.model_validate({
            **common, "id": "BT-0001", "start": now, "end": now + timedelta(hours=1),
            "announced_at": now,
        })  # fmt: skip
        device = whole.model_copy(
            update={"id": "BT-0002", "device": "ups-26740", "end": now + timedelta(hours=2)}
        )
        far = whole.model_copy(
            update={"id": "BT-0003", "start": now + timedelta(days=3), "end": now + timedelta(4)}
        )
        windows = [whole, device, far]
        keeper = Silences(
            [alertmanager], Poster(), clock, "agent-1",
            lambda at: [one for one in windows if one.until > at],
        )  # fmt: skip
        other = Silences([alertmanager], Poster(), clock, "agent-2", lambda _at: [])
        for _ in range(3):
            await keeper.compare()
            await other.compare()
        held = {one["comment"].split(":")[0]: one for one in await asyncio.to_thread(
            silences_at, alertmanager
        )}  # fmt: skip
        assert set(held) == {"BT-0001", "BT-0002"}
        labels = {one["name"]: one["value"] for one in held["BT-0002"]["matchers"]}
        assert labels == {"ward": "26740", "device": "ups-26740"}
        assert held["BT-0001"]["endsAt"].startswith(f"{whole.end:%Y-%m-%dT%H:%M:%S}")
        windows[1] = ended_early(device, clock.now())
        await keeper.compare()
        (left,) = await asyncio.to_thread(silences_at, alertmanager)
        assert left["comment"].startswith("BT-0001: ")
        await keeper.close()
        await other.close()

    asyncio.run(story())
