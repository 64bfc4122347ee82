"""What `bench.vc` asks: video endpoints that answer their status over TLS, alone in a process.

    PYTHONPATH=. python -m bench.codecs FOLDER PORT idle|talking ADDRESS…

Its certificate is written into FOLDER. The first line of its output is the certificate's pin; it
ends when it is told to. The tree is as large as that of a room system, and our own.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from probes.clock import SystemClock
from probes.transports.tls import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 80_000
_ITEM = ' maxOccurrence="n"'


def status(at: datetime, *, talking: bool) -> bytes:
    """A status tree of about 80 kB, most of which nobody reads."""
    parts = [*_read(at, calls=int(talking)), *(_call() if talking else ()), *_unread()]
    filler = (
        f'<RoomPreset item="{number}"{_ITEM}>\n  <Defined>False</Defined>\n  <Description/>\n'
        f"  <Type>All</Type>\n</RoomPreset>"
        for number in range(1, 10_000)
    )
    while sum(map(len, parts)) < SIZE:
        parts.append(next(filler))
    body = "\n".join(parts)
    return (
        f'<?xml version="1.0"?>\n<Status product="Cisco Codec" version="ce9.15.0.bench"'
        f' apiVersion="4">\n{body}\n</Status>\n'
    ).encode()


def _call() -> Iterator[str]:
    """A call with eight streams."""
    yield (
        '<Call item="3"><Status>Connected</Status><Direction>Outgoing</Direction>'
        "<Duration>1200</Duration><Encryption><Type>Aes-128</Type></Encryption>"
        "<Protocol>sip</Protocol><ReceiveCallRate>3000</ReceiveCallRate>"
        "<TransmitCallRate>3000</TransmitCallRate></Call>"
    )
    channels = "".join(_channel(number) for number in range(8))
    yield f'<MediaChannels><Call item="3">{channels}</Call></MediaChannels>'


def _read(at: datetime, *, calls: int) -> Iterator[str]:
    """What the probe reads: parts, registration, the network."""
    microphones = "".join(
        f'<Microphone item="{number}"{_ITEM}><ConnectionStatus>Connected</ConnectionStatus>'
        "<EcReferenceDelay>0</EcReferenceDelay><Mute>Off</Mute></Microphone>"
        for number in range(1, 5)
    )
    yield (
        f"<Audio><Input><Connectors>{microphones}</Connectors></Input><Microphones>"
        "<Mute>Off</Mute></Microphones><Volume>50</Volume></Audio>"
    )
    yield "<SIP><Registration item='1'><Status>Registered</Status></Registration></SIP>"
    yield "<Standby><State>Off</State></Standby>"
    yield (
        "<Network item='1'><CDP><DeviceId>sw-1</DeviceId><PortID>Gi1/0/5</PortID></CDP>"
        "<Ethernet><Speed>1000full</Speed></Ethernet></Network>"
    )
    yield (
        "<SystemUnit><Hardware><Module><SerialNumber>BENCH</SerialNumber></Module>"
        "<Temperature>46.5</Temperature></Hardware><ProductId>Bench Codec</ProductId>"
        "<Software><Version>ce9.15.0.bench</Version></Software>"
        f"<State><NumberOfActiveCalls>{calls}</NumberOfActiveCalls></State>"
        "<Uptime>86400</Uptime></SystemUnit>"
    )
    yield f"<Time><SystemTime>{at:%Y-%m-%dT%H:%M:%SZ}</SystemTime></Time>"


def _channel(number: int) -> str:
    kind = "Audio" if number % 4 < 2 else "Video"
    role = "Presentation" if number >= 6 else "Main"
    picture = (
        f"<Video><ChannelRole>{role}</ChannelRole><FrameRate>30</FrameRate>"
        "<Protocol>H264</Protocol><ResolutionX>1920</ResolutionX>"
        "<ResolutionY>1080</ResolutionY></Video>"
    )
    return (
        f'<Channel item="{number}"{_ITEM}><Direction>{("Incoming", "Outgoing")[number % 2]}'
        f"</Direction><Netstat><Bytes>1</Bytes><ChannelRate>2000</ChannelRate><Jitter>4</Jitter>"
        "<LastIntervalLost>1</LastIntervalLost><LastIntervalReceived>999</LastIntervalReceived>"
        f"<Loss>1</Loss><MaxJitter>9</MaxJitter><Packets>100000</Packets></Netstat>"
        f"<Type>{kind}</Type>{picture if kind == 'Video' else ''}</Channel>"
    )


def _unread() -> Iterator[str]:
    """What stands there beside it: certificates, features, layouts, feedback."""
    for part in ("Conference", "UserInterface", "Provisioning", "WebEngine", "RoomAnalytics"):
        leaves = "".join(f"\n  <Feature{n}><State>Off</State></Feature{n}>" for n in range(60))
        yield f"<{part}>{leaves}\n</{part}>"


class Codec(asyncio.Protocol):
    """Answers each request on a connection with the status, and keeps it open."""

    def __init__(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        self._answer = head.encode() + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.Transport", transport)
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        """One whole tree for each request."""
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            _head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._way.write(self._answer)


def certificate(folder: Path) -> tuple[Path, bytes]:
    """A self-signed certificate with its key in a file, and the certificate in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "codec.bench")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path = folder / "codec.pem"
    encoding = serialization.Encoding.PEM
    path.write_bytes(made.public_bytes(encoding) + key.private_bytes(encoding, form, plain))
    return path, made.public_bytes(serialization.Encoding.DER)


async def serve(folder: Path, port: int, mood: str, addresses: list[str]) -> None:
    """Open all of them, say the pin, wait for the end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    path, der = certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    # Made once: what the endpoints cost is no business of the bench.
    made = partial(Codec, status(SystemClock().now(), talking=mood == "talking"))
    for address in addresses:
        await loop.create_server(made, address, port, ssl=tls)
    sys.stdout.write(f"{fingerprint(der)}\n")
    sys.stdout.flush()
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
