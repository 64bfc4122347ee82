"""An answer that crosses a line in IP fragments, on a loopback of its own with a short MTU."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MTU, OCTETS = 1280, 5000

# Runs in a network namespace: sets the MTU, answers itself, and says what the kernel counted.
PROGRAM = """
import asyncio, fcntl, json, socket, struct, sys
from dataclasses import replace
from pathlib import Path
from inventory.credentials import Secret
from probes import oids
from probes.snmp import ber
from probes.snmp.datagrams import UdpDatagrams
from probes.snmp.engine_fast import FastEngine
from probes.snmp.types import SnmpTarget, Varbind

MTU, OCTETS = map(int, sys.argv[1:])
SET_MTU, SET_FLAGS, UP = 0x8922, 0x8914, 1  # bits/ioctls.h, net/if.h

class Responder(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        told = (Varbind(oids.sysDescr, ber.OCTET_STRING, b"x" * OCTETS),)
        answer = replace(ber.decode_message(data), pdu=ber.RESPONSE, varbinds=told)
        self.transport.sendto(ber.encode_message(answer), address)

def set_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_MTU, struct.pack("16si12x", b"lo", MTU))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))

def reassembled():
    rows = Path("/proc/net/snmp").read_text().splitlines()
    names, values = (row.split() for row in rows if row.startswith("Ip:"))
    return int(dict(zip(names, values))["ReasmOKs"])

async def story():
    loop = asyncio.get_running_loop()
    far, _ = await loop.create_datagram_endpoint(Responder, local_addr=("127.0.0.1", 0))
    target = SnmpTarget("127.0.0.1", far.get_extra_info("sockname")[1], community=Secret("c"))
    engine = FastEngine(UdpDatagrams())
    found = await engine.get(target, (oids.sysDescr,), deadline=loop.time() + 8)
    engine.close()
    return len(found.varbinds[0].value)

set_up_loopback()
print(json.dumps({"octets": asyncio.run(story()), "reassembled": reassembled()}))
"""


@pytest.mark.realtime
def test_an_answer_in_ip_fragments_is_read_whole() -> None:
    """No answer to our tables is that long, but a device may tell a text that is."""
    unshare = shutil.which("unshare")
    alone = [unshare or "unshare", "--map-root-user", "--net"]
    if unshare is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no network namespace may be made here")
    command = [*alone, sys.executable, "-c", PROGRAM, str(MTU), str(OCTETS)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["octets"] == OCTETS
    assert told["reassembled"] > 0
