"""The lab's video endpoint: a status tree over HTTPS, and a real SIP registration behind it.

It registers with the lab's registrar every two seconds and tells in `SIP/Registration` whether that
worked; a file `asleep` in its folder puts it in standby. Run as `python -m tests.lab.codec`.
"""

from __future__ import annotations

import argparse
import base64
import socket
import ssl
import sys
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic

EVERY_S = 2.0
ANSWER_S = 1.0
_OK = b"SIP/2.0 200"


@dataclass
class Codec:
    """What the endpoint is: its own address, its registrar and its log-in."""

    host: str
    registrar: str
    login: str
    folder: Path
    begun: float
    registered: bool = False

    def register(self) -> bool:
        """One REGISTER (RFC 3261 section 10); whether the registrar took it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((self.host, 0))
            asking.settimeout(ANSWER_S)
            here = f"{self.host}:{asking.getsockname()[1]}"
            request = (
                f"REGISTER sip:{self.registrar} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{uuid.uuid4().hex};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:vc@lab.example>;tag={uuid.uuid4().hex[:8]}\r\n"
                f"To: <sip:vc@lab.example>\r\nCall-ID: {uuid.uuid4().hex}\r\n"
                f"CSeq: 1 REGISTER\r\nContact: <sip:vc@{here}>\r\nExpires: 60\r\n"
                "Content-Length: 0\r\n\r\n"
            )
            with suppress(OSError):
                asking.sendto(request.encode(), (self.registrar, 5060))
                return asking.recv(4096).startswith(_OK)
        return False

    def keep_registering(self) -> None:
        """Register again and again, for ever."""
        pause = threading.Event()
        while True:
            self.registered = self.register()
            pause.wait(EVERY_S)

    def status(self) -> bytes:
        """The status tree as the endpoint's API gives it."""
        state, proxy = ("Registered", "Active") if self.registered else ("Failed", "Timeout")
        standby = "Standby" if (self.folder / "asleep").exists() else "Off"
        return (
            '<?xml version="1.0"?><Status product="Lab codec" version="ce9.15.0.lab">'
            f'<SIP><Proxy item="1"><Address>{self.registrar}</Address><Status>{proxy}</Status>'
            f'</Proxy><Registration item="1"><Reason/><Status>{state}</Status></Registration></SIP>'
            f"<Standby><State>{standby}</State></Standby><SystemUnit>"
            "<ProductId>Lab codec</ProductId><Software><Version>ce9.15.0.lab</Version></Software>"
            "<State><NumberOfActiveCalls>0</NumberOfActiveCalls></State>"
            f"<Uptime>{int(monotonic() - self.begun)}</Uptime></SystemUnit></Status>"
        ).encode()


class _Asked(BaseHTTPRequestHandler):
    codec: Codec

    def do_GET(self) -> None:
        """Give the status to whoever logs in."""
        wanted = f"Basic {base64.b64encode(self.codec.login.encode()).decode()}"
        if self.headers.get("Authorization") != wanted:
            self._answer(401, b"")
        elif self.path.startswith(("/getxml", "/status.xml")):
            self._answer(200, self.codec.status())
        else:
            self._answer(404, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the agent asks all the time."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> int:
    """Answer until the process is ended."""
    parser = argparse.ArgumentParser(prog="codec")
    for name in ("host", "registrar", "login", "certificate", "folder"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    codec = Codec(given.host, given.registrar, given.login, Path(given.folder), monotonic())
    threading.Thread(target=codec.keep_registering, daemon=True).start()
    handler = type("Asked", (_Asked,), {"codec": codec})
    server = ThreadingHTTPServer((codec.host, 443), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
