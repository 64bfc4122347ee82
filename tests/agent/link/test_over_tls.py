"""Both ends as processes: real sockets, TLS with an authority of our own, loopback alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agent.link.model import BEAT_PATH, LARGEST
from agent.serve import Options, Running, plan_of, running
from drills.certificates import Certificate, issue
from inventory.errors import InputError
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

WARD, OTHER = "26740", "26743"
TOKENS = {WARD: "wop_of-this-ward", OTHER: "wop_of-the-other"}
SERVICE = (
    "{id: tthc, name: {vi: Thủ tục, en: Procedures}, url: 'tcp://127.0.0.1:1', module: tcp_connect}"
)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return issue(["127.0.0.1"], datetime.now(UTC))  # noqa: TID251 - TLS reads the real clock


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")


def ward_yaml(code: str) -> str:
    return f"schema: wardops/inventory/1\nward: '{code}'\nservices:\n  - {SERVICE}\n"


@pytest.fixture
def hub_files(tmp_path: Path, certificate: Certificate) -> Path:
    folder = tmp_path / "hub"
    for code in TOKENS:
        write(folder / f"{code}.yaml", ward_yaml(code))
    write(folder / "site.yaml", "schema: wardops/site/1\nvantage: hub\n")
    write(
        folder / "agent.yaml",
        "schema: wardops/agent/1\nlink: {listen: '127.0.0.1:0', cert: hub.pem, key: hub.pem}\n",
    )
    write(folder / "hub.pem", certificate.server.decode())
    lines = [
        f"  - {{id: t-{code}, sha256: {hashlib.sha256(token.encode()).hexdigest()},"
        f" role: link, wards: ['{code}']}}\n"
        for code, token in TOKENS.items()
    ]
    write(folder / "access.yaml", f"schema: wardops/access/1\ntokens:\n{''.join(lines)}")
    return folder


def ward_files(folder: Path, url: str, certificate: Certificate, *, ca: str = "ca.pem") -> Path:
    write(folder / f"{WARD}.yaml", ward_yaml(WARD))
    write(folder / "site.yaml", "schema: wardops/site/1\nvantage: ward\n")
    hub = f"{{url: '{url}', token: 'file:hub.token', ca: {ca}}}"
    write(folder / "agent.yaml", f"schema: wardops/agent/1\nhub: {hub}\n")
    write(folder / "hub.token", TOKENS[WARD])
    write(folder / "ca.pem", certificate.authority.decode())
    return folder


@asynccontextmanager
async def at_work(files: Path) -> AsyncIterator[Running]:
    options = Options(files, files / "state", "127.0.0.1:0")
    async with running(plan_of(options), options) as agent:
        yield agent


async def until(condition: Callable[[], Any]) -> Any:
    """The condition's first true value, however long that takes."""
    clock = SystemClock()
    while not (found := condition()):
        await clock.sleep(0.02)
    return found


@pytest.mark.realtime
async def test_a_ward_beats_and_is_heard(
    hub_files: Path, tmp_path: Path, certificate: Certificate
) -> None:
    async with at_work(hub_files) as hub:
        assert hub.link_url is not None
        files = ward_files(tmp_path / "ward", hub.link_url, certificate)
        async with at_work(files) as ward:
            assert hub.agent.desk is not None
            desk = hub.agent.desk
            await until(lambda: WARD in desk.wards)
            assert OTHER not in desk.wards
            link = ward.agent.link
            assert link is not None
            await until(lambda: link.standing.state == "linked")
            async with httpx.AsyncClient() as http:
                text = await _scraped(http, hub.url)
            assert f'wardops_agent_link_last_beat_timestamp_seconds{{ward="{WARD}"}}' in text


async def _scraped(http: httpx.AsyncClient, url: str) -> str:
    """A scrape in which the last beat stands: the gauges are set once a second."""
    clock = SystemClock()
    while True:
        text = (await http.get(f"{url}/metrics")).text
        if "wardops_agent_link_last_beat_timestamp_seconds{" in text:
            return text
        await clock.sleep(0.1)


@pytest.mark.realtime
async def test_a_hub_whose_certificate_nobody_vouches_for_is_told_nothing(
    hub_files: Path, tmp_path: Path
) -> None:
    stranger = issue(["127.0.0.1"], datetime.now(UTC))  # noqa: TID251 - TLS reads the real clock
    async with at_work(hub_files) as hub:
        assert hub.link_url is not None
        files = ward_files(tmp_path / "ward", hub.link_url, stranger)
        async with at_work(files) as ward:
            link = ward.agent.link
            assert link is not None
            await until(lambda: link.standing.state == "refused")
            assert link.standing.problem == "link_tls"
            assert hub.agent.desk is not None
            assert hub.agent.desk.wards == {}


@pytest.mark.realtime
async def test_the_door_takes_small_right_beats_of_the_token_s_own_ward_alone(
    hub_files: Path, certificate: Certificate, tmp_path: Path
) -> None:
    """One after the other, so that the hub starts once."""
    write(tmp_path / "ca.pem", certificate.authority.decode())
    async with at_work(hub_files) as hub:
        assert hub.link_url is not None
        trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        async with httpx.AsyncClient(base_url=hub.link_url, verify=trust) as http:
            first = await http.post(BEAT_PATH, headers=headers(), content=beat())
            assert (first.status_code, first.json()["is_taken"]) == (200, False)
            session = first.json()["session"]
            told = beat(session=session)
            assert (await http.post(BEAT_PATH, headers=headers(), content=told)).is_success
            cases = [
                (409, headers(), told),
                (403, headers(OTHER), beat(session=session, seq=2)),
                (400, headers(), b"{}"),
                (400, headers(), beat(session=session, seq=0)),
                (400, headers(OTHER), beat(ward=OTHER, services={"a": {"ok": True, "age_s": -1}})),
                (400, headers(OTHER), beat(ward=OTHER, services=many(65))),
                (413, headers(OTHER), b" " * (LARGEST + 1)),
                (401, {}, told),
                (401, headers() | {"Authorization": f"Basic {TOKENS[WARD]}"}, told),
            ]
            for status, sent, body in cases:
                answer = await http.post(BEAT_PATH, headers=sent, content=body)
                assert (answer.status_code, body[:60]) == (status, body[:60])
                assert TOKENS[WARD] not in answer.text
            assert (await http.get(BEAT_PATH)).status_code == 405
            assert (await http.get("/metrics")).status_code == 404
            # Too many wrong tokens: from then on nobody is listened to from there, for a minute.
            tried = [await http.post(BEAT_PATH, content=told) for _ in range(12)]
            assert {one.status_code for one in tried} == {401, 429}
            last = await http.post(BEAT_PATH, headers=headers(OTHER), content=beat(ward=OTHER))
            assert last.status_code == 429


def headers(ward: str = WARD) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[ward]}", "Content-Type": "application/json"}


def beat(ward: str = WARD, seq: int = 1, **parts: Any) -> bytes:
    said = {"ward": ward, "boot": "b1", "seq": seq, "clock": "2026-11-23T00:00:00Z", **parts}
    return json.dumps(said).encode()


def many(count: int) -> dict[str, Any]:
    return {f"s{number}": {"ok": True, "age_s": 1, "for_s": 1} for number in range(count)}


@pytest.mark.realtime
async def test_a_hub_without_its_certificate_does_not_start(hub_files: Path) -> None:
    (hub_files / "hub.pem").write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError, match=r"hub\.pem.*agent\.yaml"):
        async with at_work(hub_files):
            pass


@pytest.mark.realtime
@pytest.mark.parametrize("missing", ["hub.token", "ca.pem"])
async def test_a_ward_without_its_token_or_authority_does_not_start(
    tmp_path: Path, certificate: Certificate, missing: str
) -> None:
    files = ward_files(tmp_path / "ward", "https://127.0.0.1:9", certificate)
    (files / missing).unlink()
    with pytest.raises(InputError) as refused:
        async with at_work(files):
            pass
    assert missing in str(refused.value)
    assert len(asyncio.all_tasks()) == 1
