"""Each way out against a real server on loopback: what arrives, what is refused, what repeats."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from agent.notices.channel import NotDelivered
from agent.notices.channels.alertmanager import AlertmanagerChannel, alerts_of
from agent.notices.channels.file import FileChannel
from agent.notices.channels.smtp import SmtpChannel
from agent.notices.channels.webhook import WebhookChannel
from agent.notices.model import Body, Notice, NoticeState, NoticeType, Recipient
from agent.notices.post import Poster, trust
from agent.notices.settings import SmtpSettings
from drills.certificates import Certificate, issue
from inventory.credentials import Secret
from inventory.values import Words
from probes.clock import ManualClock, SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
BODY = Body(
    text=Words(vi="Phường Sài Gòn: mất kết nối. Sự cố SC-2026-000412.", en="Sài Gòn: line lost."),
    title=Words(vi="[S1] Phường Sài Gòn: mất kết nối", en="[S1] Sài Gòn: line lost"),
    start=NOW - timedelta(seconds=40),
    incident="SC-2026-000412",
    labels={"alertname": "WardopsMetronetDown", "ward": "26740", "severity": "critical"},
)
ALERTS = Recipient("alertmanager", "alertmanager", is_person=False)


def notice(kind: NoticeType = NoticeType.PROBLEM, **changes: Any) -> Notice:
    key = hashlib.sha256(kind.encode()).hexdigest()[:32]
    made = Notice(
        key=key, subject="uid-1", ward="26740", transition=len(kind), channel="alertmanager",
        recipient="alertmanager", type=kind, state=NoticeState.SENDING, made=NOW, next_at=NOW,
        body=BODY, tries=1,
    )  # fmt: skip
    return replace(made, **changes)


@dataclass
class Web:
    """A web server that keeps what it is sent and answers with `status`."""

    status: int = 200
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.headers.append(
            {name.lower(): value for name, _colon, value in (h.partition(": ") for h in head[1:])}
        )
        self.bodies.append(await reader.readexactly(int(self.headers[-1]["content-length"])))
        writer.write(
            f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving(web: Web, tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    async with server:
        yield web


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return issue(["127.0.0.1"], SystemClock().now())


@pytest.fixture
def authority(certificate: Certificate, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(certificate.authority)
    return path


# --- webhook --------------------------------------------------------------------------------


async def test_a_webhook_is_signed_and_carries_the_key(
    certificate: Certificate, authority: Path
) -> None:
    async with serving(Web(), certificate.context()) as web:
        channel = WebhookChannel(
            f"https://127.0.0.1:{web.port}/sms", Secret("k-1"), Poster(authority), ManualClock(NOW)
        )
        await channel.send(notice())
        await channel.close()
    (body,), (headers,) = web.bodies, web.headers
    stamp, _comma, given = headers["x-wardops-signature"].removeprefix("t=").partition(",v1=")
    signed = hmac.new(b"k-1", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert (given, int(stamp)) == (signed, int(NOW.timestamp()))
    assert headers["idempotency-key"] == notice().key == json.loads(body)["key"]
    assert json.loads(body)["text"]["vi"] == BODY.text.vi


async def test_a_webhook_with_a_certificate_of_nobody_known_gets_nothing(
    certificate: Certificate,
) -> None:
    async with serving(Web(), certificate.context()) as web:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        url = f"https://127.0.0.1:{web.port}/"
        channel = WebhookChannel(url, Secret("k-1"), Poster(), ManualClock(NOW))
        with pytest.raises(NotDelivered, match=r"CERTIFICATE_VERIFY_FAILED|certificate") as failed:
            await channel.send(notice())
        await channel.close()
    assert not failed.value.for_good
    assert web.bodies == []


@pytest.mark.parametrize(("status", "for_good"), [(500, False), (429, False), (400, True)])
async def test_a_refusal_is_tried_again_unless_it_can_never_succeed(
    status: int, for_good: bool
) -> None:
    async with serving(Web(status)) as web:
        url = f"http://127.0.0.1:{web.port}/"
        channel = WebhookChannel(url, Secret("k-1"), Poster(), ManualClock(NOW))
        with pytest.raises(NotDelivered) as failed:
            await channel.send(notice())
        await channel.close()
    assert failed.value.for_good is for_good


# --- alertmanager ---------------------------------------------------------------------------


async def test_every_alertmanager_is_told_and_one_that_takes_it_is_enough() -> None:
    async with serving(Web()) as good, serving(Web(503)) as bad:
        urls = [f"http://127.0.0.1:{web.port}" for web in (bad, good)]
        channel = AlertmanagerChannel(urls, Poster(), ManualClock(NOW), ALERTS)
        await channel.send(notice())
        await channel.close()
    assert len(bad.bodies) == len(good.bodies) == 1
    (alert,) = json.loads(good.bodies[0])
    assert alert["labels"] == BODY.labels
    assert alert["startsAt"] == BODY.start.isoformat()
    assert alert["endsAt"] == (NOW + timedelta(minutes=5)).isoformat()


async def test_what_fires_is_said_again_and_what_ended_a_while_ago_is_not() -> None:
    clock = ManualClock(NOW)
    end = NOW + timedelta(minutes=9)
    problem = notice(state=NoticeState.SENT, sent=NOW, transition=1)
    recovery = notice(
        NoticeType.RECOVERY, state=NoticeState.SENT, sent=end, problem=problem.key,
        transition=2, body=BODY.model_copy(update={"end": end}),
    )  # fmt: skip
    async with serving(Web()) as web:
        url = f"http://127.0.0.1:{web.port}"
        channel = AlertmanagerChannel([url], Poster(), clock, ALERTS)
        await channel.refresh([problem])
        clock.move(10 * 60)
        await channel.refresh([problem, recovery])
        clock.move(10 * 60)
        await channel.refresh([problem, recovery])
        await channel.close()
    ends = [json.loads(body)[0]["endsAt"] for body in web.bodies]
    assert ends == [(NOW + timedelta(minutes=5)).isoformat(), end.isoformat()]


def test_a_change_of_labels_ends_the_old_alert_and_fires_the_new() -> None:
    before = {**BODY.labels, "severity": "warning"}
    body = BODY.model_copy(update={"labels_before": before})
    old, new = alerts_of(notice(NoticeType.CHANGE, body=body), NOW)
    assert (old["labels"], old["endsAt"]) == (before, NOW.isoformat())
    assert new["labels"] == BODY.labels


# --- mail -----------------------------------------------------------------------------------


@dataclass
class MailServer:
    """As much of RFC 5321 as one client needs; keeps the mails."""

    tls: ssl.SSLContext | None = None
    refuses: bool = False
    mails: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line.strip().upper().split(b" ")[0]
            if verb == b"STARTTLS" and self.tls is not None:
                writer.write(b"220 go\r\n")
                await writer.drain()
                try:
                    await writer.start_tls(self.tls)
                except (ssl.SSLError, OSError):
                    break
                continue
            writer.write(self._answer(verb))
            if verb == b"DATA" and not self.refuses:
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 kept\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-here\r\n250 STARTTLS\r\n" if self.tls else b"250 here\r\n"
        if verb == b"DATA":
            return b"451 later\r\n" if self.refuses else b"354 say\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"


@asynccontextmanager
async def post_office(server: MailServer) -> AsyncIterator[MailServer]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def settings(port: int, **changes: Any) -> SmtpSettings:
    given = {
        "name": "l1", "host": "127.0.0.1", "port": port, "security": "plain",
        "sender": "wardops@phuong.example", "to": ["truc@noc.example"], **changes,
    }  # fmt: skip
    return SmtpSettings.model_validate(given)


async def test_a_mail_is_named_by_its_key_and_answers_its_problem() -> None:
    async with post_office(MailServer()) as server:
        channel = SmtpChannel(settings(server.port), None, trust(None))
        await channel.send(notice(NoticeType.RECOVERY, problem="f" * 32))
    mail = message_from_bytes(server.mails[0].removesuffix(b".\r\n"), policy=policy.default)
    assert mail["Message-ID"] == f"<{notice(NoticeType.RECOVERY).key}@phuong.example>"
    assert mail["In-Reply-To"] == f"<{'f' * 32}@phuong.example>"
    assert (mail["Subject"], mail["To"]) == (BODY.title.vi, "truc@noc.example")
    assert mail.get_content().strip() == BODY.text.vi


async def test_mail_goes_over_verified_tls_or_not_at_all(
    certificate: Certificate, authority: Path
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    async with post_office(MailServer(certificate.context())) as server:
        given = settings(server.port, security="starttls")
        await SmtpChannel(given, None, trust(authority)).send(notice())
        with pytest.raises(NotDelivered):
            await SmtpChannel(given, None, trust(None)).send(notice())
    assert len(server.mails) == 1


async def test_a_mail_server_that_says_later_is_asked_later() -> None:
    async with post_office(MailServer(refuses=True)) as server:
        channel = SmtpChannel(settings(server.port), None, trust(None))
        with pytest.raises(NotDelivered, match="451"):
            await channel.send(notice())


def test_plain_mail_stays_on_this_machine() -> None:
    with pytest.raises(ValueError, match="starttls"):
        settings(25, host="mail.example")


# --- file -----------------------------------------------------------------------------------


async def test_a_file_gets_one_line_for_one_key_whatever_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "out" / "notices.jsonl"
    channel = FileChannel(path)
    await channel.send(notice())
    with path.open("ab") as stream:
        stream.write(b'{"key": "cut sho')
    await channel.send(notice(tries=2))
    await channel.send(notice(NoticeType.RECOVERY))
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = [json.loads(line)["key"] for line in (lines[0], lines[2])]
    assert keys == [notice().key, notice(NoticeType.RECOVERY).key]
    assert len(lines) == 3
