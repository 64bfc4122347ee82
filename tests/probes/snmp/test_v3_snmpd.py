"""SNMPv3 against Debian's snmpd: every pair of algorithms, and every wrong credential by name."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli import main
from inventory.credentials import Secret
from inventory.language import LANGUAGES
from inventory.snmp_user import SnmpUser
from probes import oids
from probes.describe import reason_text
from probes.errors import ProbeError
from probes.model import Reason
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.snmp.engine_pysnmp import PysnmpEngine
from probes.snmp.types import SnmpTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from probes.snmp.types import SnmpClient, SnmpResult

pytestmark = pytest.mark.realtime

AUTH_KEY, PRIV_KEY, COMMUNITY = "auth-lab-only", "priv-lab-only", "community-lab-only"
AUTHS = {
    "md5": "MD5", "sha1": "SHA", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384",
    "sha512": "SHA-512",
}  # fmt: skip
PRIVS = {"des": "DES", "aes128": "AES", "aes192": "AES-192", "aes256": "AES-256"}
LEVELS = [(auth, priv) for auth in AUTHS for priv in (None, *PRIVS)]


def user_name(auth: str | None, priv: str | None) -> str:
    """The name under which the daemon knows a pair."""
    return f"u-{auth}-{priv}"


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The UDP port of an snmpd that has a user for each pair of algorithms."""
    binary = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")
    if binary is None:
        pytest.skip("no snmpd on this machine (apt-get install snmpd snmp)")
    folder = tmp_path_factory.mktemp("snmpd")
    lines = [f"rocommunity {COMMUNITY} 127.0.0.1", "sysName lab-v3"]
    lines += ["createUser u-None-None", "rouser u-None-None noauth"]
    for auth, priv in LEVELS:
        secret = f'{PRIVS[priv]} "{PRIV_KEY}"' if priv else ""
        name = user_name(auth, priv)
        lines.append(f'createUser {name} {AUTHS[auth]} "{AUTH_KEY}" {secret}')
        lines.append(f"rouser {name} {'priv' if priv else 'auth'}")
    (folder / "snmpd.conf").write_text("\n".join(lines) + "\n")
    port = _free_port()
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [
                binary, "-C", "-c", str(folder / "snmpd.conf"), "-f", "-Lo",
                "-p", str(folder / "pid"), f"udp:127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
            env=environment,
        )  # fmt: skip
    with daemon:
        _wait_until_it_answers(port, daemon, folder / "log")
        yield port
        daemon.terminate()


def _wait_until_it_answers(port: int, daemon: subprocess.Popen[bytes], log: Path) -> None:
    where = ("-v3", "-l", "noAuthNoPriv", "-u", "u-None-None", f"127.0.0.1:{port}")
    for _ in range(40):
        if daemon.poll() is not None:
            pytest.fail(f"snmpd ended: {log.read_text()}")
        command = ("snmpget", "-r0", "-t0.5", *where, "1.3.6.1.2.1.1.5.0")
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
    pytest.fail("snmpd does not answer")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def user(auth: str | None, priv: str | None, **changes: Any) -> SnmpUser:
    """The user of a pair, with right keys unless changed."""
    given: Any = (
        user_name(auth, priv),
        auth,
        Secret(AUTH_KEY) if auth else None,
        priv,
        Secret(PRIV_KEY) if priv else None,
    )
    return replace(SnmpUser(*given), **changes)


def target(port: int, who: SnmpUser, **changes: Any) -> SnmpTarget:
    """The daemon of this test, asked as a user."""
    return replace(SnmpTarget("127.0.0.1", port, "3", user=who), **changes)


async def get_name(
    port: int, who: SnmpUser, make: Callable[[], SnmpClient] | None = None, **changes: Any
) -> SnmpResult:
    """GET sysName.0 with a client of its own."""
    client = make() if make else FastEngine(UdpDatagrams())
    try:
        deadline = asyncio.get_running_loop().time() + 8
        return await client.get(target(port, who, **changes), (oids.sysName,), deadline=deadline)
    finally:
        client.close()


@pytest.mark.parametrize(("auth", "priv"), [(None, None), *LEVELS])
async def test_every_level_of_snmpd_is_read(snmpd: int, auth: str | None, priv: str | None) -> None:
    result = await get_name(snmpd, user(auth, priv))
    assert [v.value for v in result.varbinds] == [b"lab-v3"]
    assert result.stats.retries <= 1


async def test_pysnmp_reads_the_same_levels(snmpd: int) -> None:
    client = PysnmpEngine()
    try:
        for auth, priv in LEVELS[4::5]:
            deadline = asyncio.get_running_loop().time() + 8
            who = target(snmpd, user(auth, priv))
            result = await client.get(who, (oids.sysName,), deadline=deadline)
            assert [v.value for v in result.varbinds] == [b"lab-v3"]
    finally:
        client.close()


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"auth_key": Secret("wrong-password")}, "v3_auth_key"), ({"name": "nobody"}, "v3_user")],
)
async def test_pysnmp_names_a_wrong_credential_too(
    snmpd: int, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProbeError) as caught:
        await get_name(snmpd, replace(user("sha1", "aes128"), **changes), PysnmpEngine)
    assert caught.value.detail_code == code


@pytest.mark.parametrize(
    ("pair", "changes", "reason", "code"),
    [
        (("sha1", "aes128"), {"auth_key": Secret("wrong-password")}, "auth", "v3_auth_key"),
        (("sha256", None), {"auth": "sha1"}, "auth", "v3_auth_key"),
        (("sha1", "aes128"), {"priv_key": Secret("wrong-password")}, "auth", "v3_priv_key"),
        (("sha1", "des"), {"priv_key": Secret("wrong-password")}, "auth", "v3_priv_key"),
        (("sha1", "aes256"), {"priv": "aes256c"}, "auth", "v3_priv_key"),
        (("sha1", "aes128"), {"name": "nobody"}, "auth", "v3_user"),
        ((None, None), {"name": "nobody"}, "auth", "v3_user"),
        (
            (None, None),
            {"auth": "sha1", "auth_key": Secret(AUTH_KEY)},
            "config",
            "v3_level",
        ),
        (("sha1", "aes128"), {"priv": None, "priv_key": None}, "forbidden", "view"),
    ],
)
async def test_each_wrong_credential_has_its_own_text(
    snmpd: int, pair: tuple[str | None, str | None], changes: dict[str, Any], reason: str, code: str
) -> None:
    with pytest.raises(ProbeError) as caught:
        await get_name(snmpd, replace(user(*pair), **changes))
    assert (caught.value.reason.value, caught.value.detail_code) == (reason, code)
    texts = {caught.value.text(language) for language in LANGUAGES}
    assert len(texts) == 2
    assert not any("lab-only" in text or "wrong-password" in text for text in texts)


def bulkwalk(port: int, auth: str, priv: str, root: str) -> list[str]:
    """The OIDs that snmpbulkwalk prints."""
    command = (
        "snmpbulkwalk", "-v3", "-l", "authPriv", "-u", user_name(auth, priv), "-a", AUTHS[auth],
        "-A", AUTH_KEY, "-x", PRIVS[priv], "-X", PRIV_KEY, "-On", f"127.0.0.1:{port}", root,
    )  # fmt: skip
    environment = {**os.environ, "MIBS": ""}
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return [line.split(" = ")[0].lstrip(".") for line in told.stdout.splitlines() if " = " in line]


@pytest.mark.parametrize(("auth", "priv"), [("sha1", "aes128"), ("sha512", "aes256")])
async def test_a_walk_is_what_snmpbulkwalk_reads(snmpd: int, auth: str, priv: str) -> None:
    root = ber.oid("1.3.6.1.2.1.2")
    found = bulkwalk(snmpd, auth, priv, ber.oid_text(root))
    client = FastEngine(UdpDatagrams())
    try:
        deadline = asyncio.get_running_loop().time() + 8
        walk = await client.walk(target(snmpd, user(auth, priv)), root, deadline=deadline)
    finally:
        client.close()
    assert [ber.oid_text(v.oid) for v in walk.varbinds] == found
    assert walk.complete


async def test_a_second_poll_needs_no_discovery(snmpd: int) -> None:
    client = FastEngine(UdpDatagrams())
    who = target(snmpd, user("sha1", "aes128"))
    try:
        deadline = asyncio.get_running_loop().time() + 8
        await client.get(who, (oids.sysName,), deadline=deadline)
        sent = client.counts.sent
        await client.get(who, (oids.sysName,), deadline=deadline)
        assert client.counts.sent == sent + 1
        kept = client.remember(asyncio.get_running_loop().time())
    finally:
        client.close()
    assert AUTH_KEY not in repr(kept)
    restarted = FastEngine(UdpDatagrams())
    try:
        restarted.recall(kept, asyncio.get_running_loop().time(), 0)
        await restarted.get(who, (oids.sysName,), deadline=deadline)
        assert restarted.counts.sent == 1
    finally:
        restarted.close()


@contextmanager
def elsewhere(port: int) -> Iterator[int]:
    """A port whose requests the daemon at `port` answers, from another address."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as window,
    ):
        door.bind(("127.0.0.1", 0))
        window.bind(("127.0.0.2", door.getsockname()[1]))

        def pass_on() -> None:
            while (came := door.recvfrom(65_535))[0]:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                    asking.settimeout(5)
                    asking.sendto(came[0], ("127.0.0.1", port))
                    window.sendto(asking.recv(65_535), came[1])

        thread = threading.Thread(target=pass_on)
        thread.start()
        yield door.getsockname()[1]
        window.sendto(b"", door.getsockname())
        thread.join()


def v3_secret(**changes: str) -> str:
    """The YAML of the user with SHA-1 and AES-128."""
    right = {"user": user_name("sha1", "aes128"), "auth": "sha1", "auth_key": AUTH_KEY}
    right |= {"priv": "aes128", "priv_key": PRIV_KEY}
    return "\n".join(f"{key}: {value}" for key, value in {**right, **changes}.items())


@pytest.mark.parametrize(
    ("secret", "where", "reason", "code"),
    [
        (v3_secret(auth_key="wrong-password"), "daemon", Reason.AUTH, "v3_auth_key"),
        (v3_secret(user="nobody"), "daemon", Reason.AUTH, "v3_user"),
        (v3_secret(priv_key="wrong-password"), "daemon", Reason.AUTH, "v3_priv_key"),
        ("wrong-community", "daemon", Reason.TIMEOUT, "silent"),
        (COMMUNITY, "closed", Reason.REFUSED, "port_closed"),
        (v3_secret(), "deaf", Reason.TIMEOUT, "v3_silent"),
        (COMMUNITY, "elsewhere", Reason.CONFIG, "wrong_source"),
    ],
    ids=["password", "user", "privacy", "community", "closed", "silent", "elsewhere"],
)
def test_the_command_says_of_each_failure_what_it_is_in_both_languages(
    snmpd: int,
    secret: str,
    where: str,
    reason: Reason,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Texts are told apart by all others; what is silent is asked once, for it takes seconds."""
    monkeypatch.setenv("LAB_SECRET", secret)
    told = {}
    languages = LANGUAGES if where == "closed" or code in ("v3_auth_key", "v3_user") else ("vi",)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf,
        elsewhere(snmpd) as other,
    ):
        deaf.bind(("127.0.0.1", 0))
        ports = {"daemon": snmpd, "elsewhere": other, "deaf": deaf.getsockname()[1]}
        url = f"snmp://127.0.0.1:{ports.get(where) or _free_port()}"
        for language in languages:
            words = ["probe", url, "--auth", "env:LAB_SECRET", "--json", "--lang", language]
            assert main(words) == 1
            told[language] = json.loads(capsys.readouterr().out)
    values = {"address": "127.0.0.2", "tries": 3}
    wanted = {one: reason_text(reason, code, values, one) for one in LANGUAGES}
    assert {one["reason"] for one in told.values()} == {reason.value}
    assert {language: one["error"] for language, one in told.items()} == {
        language: wanted[language] for language in languages
    }
    plain = {reason_text(reason, "", {}, one) for one in LANGUAGES}
    assert len({*wanted.values(), *plain}) == 4
    assert not any(key in json.dumps(told) for key in (AUTH_KEY, PRIV_KEY, COMMUNITY, "wrong-"))
