"""Peers on loopback for probes: a small CA, and servers that answer well, late or wrong."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2120, 1, 1, tzinfo=UTC)


@dataclass
class Authority:
    """A certificate authority for one test run; `file` is what a client trusts."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> str:
        """The CA certificate as a PEM file."""
        return str(self.folder / "ca.pem")

    def server(
        self,
        *,
        names: tuple[str, ...] = ("127.0.0.1",),
        until: datetime = FAR_AHEAD,
        self_signed: bool = False,
    ) -> tuple[ssl.SSLContext, bytes]:
        """A server's TLS context and its certificate in DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("server")
        issuer, signer = (subject, key) if self_signed else (self.certificate.subject, self.key)
        leaf = _build(subject, key.public_key(), issuer, signer, names=names, until=until)
        path = self.folder / f"server-{leaf.serial_number}.pem"
        path.write_bytes(_pem(leaf) + _key_pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context, leaf.public_bytes(serialization.Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _build(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    names: tuple[str, ...] = (),
    until: datetime = FAR_AHEAD,
    ca: bool = False,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(LONG_AGO)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        found = x509.SubjectAlternativeName([_alternative(name) for name in names])
        builder = builder.add_extension(found, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The CA of this test run."""
    folder = tmp_path_factory.mktemp("ca")
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("wardops test CA")
    certificate = _build(name, key.public_key(), name, key, ca=True)
    (folder / "ca.pem").write_bytes(_pem(certificate))
    return Authority(folder, key, certificate)


@dataclass
class Peer:
    """A server on loopback: its port, the heads of the requests it saw, its connections."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0


@asynccontextmanager
async def http_peer(
    answer: bytes | Callable[[str], bytes],
    *,
    tls: ssl.SSLContext | None = None,
    drip_s: float | None = None,
) -> AsyncIterator[Peer]:
    """Serve `answer` (a whole response, or made from the request's head) over kept connections.

    `drip_s` sends one byte at a time with that pause.
    """
    peer = Peer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer.connections += 1
        peer.open_now += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                peer.requests.append(head)
                body = answer(head) if callable(answer) else answer
                if not body:
                    break
                await _send(writer, body, drip_s)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            peer.open_now -= 1
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(writer: asyncio.StreamWriter, body: bytes, drip_s: float | None) -> None:
    if drip_s is None:
        writer.write(body)
        await writer.drain()
        return
    loop = asyncio.get_running_loop()
    for octet in body:
        writer.write(bytes([octet]))
        await writer.drain()
        pause = loop.create_future()
        loop.call_later(drip_s, pause.set_result, None)
        await pause


def response(
    body: bytes | str = b"",
    *,
    status: str = "200 OK",
    content_type: str = "text/plain",
    extra: str = "",
) -> bytes:
    """A whole HTTP response with its length."""
    octets = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(octets)}\r\n"
    return f"{head}{extra}\r\n".encode() + octets


def in_seconds(seconds: float) -> float:
    """A deadline that far from now, in the running loop's time."""
    return asyncio.get_running_loop().time() + seconds


class Peers:
    """What tests ask of this file: servers, whole responses, deadlines."""

    http = staticmethod(http_peer)
    response = staticmethod(response)
    in_seconds = staticmethod(in_seconds)


@pytest.fixture
def peers() -> Peers:
    """Servers on loopback and what they answer."""
    return Peers()
