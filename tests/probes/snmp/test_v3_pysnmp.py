"""USM messages of ours are read by pysnmp, and pysnmp's by us: every pair of algorithms."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context

from inventory.credentials import Secret
from inventory.snmp_user import SnmpUser
from probes import oids
from probes.errors import NotConfigured, TimedOut
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.snmp.engine_pysnmp import PysnmpEngine
from probes.snmp.types import SnmpTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.realtime

AUTHS = {
    "md5": config.USM_AUTH_HMAC96_MD5, "sha1": config.USM_AUTH_HMAC96_SHA,
    "sha224": config.USM_AUTH_HMAC128_SHA224, "sha256": config.USM_AUTH_HMAC192_SHA256,
    "sha384": config.USM_AUTH_HMAC256_SHA384, "sha512": config.USM_AUTH_HMAC384_SHA512,
}  # fmt: skip
PRIVS = {
    "des": config.USM_PRIV_CBC56_DES, "aes128": config.USM_PRIV_CFB128_AES,
    "aes192": config.USM_PRIV_CFB192_AES_BLUMENTHAL, "aes192c": config.USM_PRIV_CFB192_AES,
    "aes256": config.USM_PRIV_CFB256_AES_BLUMENTHAL, "aes256c": config.USM_PRIV_CFB256_AES,
}  # fmt: skip
PAIRS = [(auth, priv) for auth in AUTHS for priv in PRIVS]
AUTH_KEY, PRIV_KEY = "auth-password", "priv-password"


def user(auth: Any, priv: Any) -> SnmpUser:
    """The responder's user of a pair."""
    return SnmpUser(f"u-{auth}-{priv}", auth, Secret(AUTH_KEY), priv, Secret(PRIV_KEY))


def responder(bound: socket.socket) -> Any:
    """A pysnmp agent on a bound socket with a user for each pair."""
    agent = engine.SnmpEngine()
    transport = udp.UdpAsyncioTransport().open_server_mode(sock=bound)
    config.add_transport(agent, udp.DOMAIN_NAME, transport)
    for auth, priv in PAIRS:
        name = f"u-{auth}-{priv}"
        config.add_v3_user(agent, name, AUTHS[auth], AUTH_KEY, PRIVS[priv], PRIV_KEY)
        config.add_vacm_user(agent, 3, name, "authPriv", (1, 3, 6))
    cmdrsp.GetCommandResponder(agent, context.SnmpContext(agent))
    return agent


async def test_every_pair_of_algorithms_is_understood_both_ways() -> None:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    agent, client = responder(bound), FastEngine(UdpDatagrams())
    try:
        for auth, priv in PAIRS:
            target = SnmpTarget("127.0.0.1", port, "3", user=user(auth, priv))
            deadline = asyncio.get_running_loop().time() + 8
            result = await client.get(target, (oids.sysDescr,), deadline=deadline)
            assert isinstance(result.varbinds[0].value, bytes), (auth, priv)
    finally:
        client.close()
        agent.close_dispatcher()


@pytest.fixture
def second() -> Iterator[PysnmpEngine]:
    """The second engine, closed again."""
    second = PysnmpEngine()
    yield second
    second.close()


async def test_the_second_engine_refuses_a_ninth_device_and_goes_on_with_the_others(
    second: PysnmpEngine,
) -> None:
    async def ask(n: int) -> None:
        target = SnmpTarget(f"127.0.0.{n}", 9, "2c", community=Secret("public"))
        deadline = asyncio.get_running_loop().time() + 0.1
        await second.get(target, (oids.sysName,), deadline=deadline)

    for n in (*range(1, 9), 1):
        with pytest.raises(TimedOut):
            await ask(n)
    with pytest.raises(NotConfigured) as caught:
        await ask(9)
    assert caught.value.detail_code == "pysnmp_full"
