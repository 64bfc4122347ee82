"""In-memory ways out: they answer from a script and record what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.errors import ProbeError, TimedOut
from probes.model import EchoStats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.credentials import Secret
    from probes.transports.model import HttpAnswer, HttpRequest


@dataclass
class FakeHttp:
    """An HttpClient that answers by URL; an unknown URL is silent, an exception is raised."""

    answers: Mapping[str, HttpAnswer | ProbeError]
    asked: list[str] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)

    async def get(
        self,
        url: str,
        *,
        deadline: float,  # noqa: ARG002 - the seam's signature; a fake needs no time
        user: str | None = None,
        password: Secret | None = None,  # noqa: ARG002 - never kept, not even here
        ca: str | None = None,  # noqa: ARG002 - the seam's signature
        pin: str | None = None,  # noqa: ARG002 - the seam's signature
        insecure: bool = False,  # noqa: ARG002 - the seam's signature
        max_bytes: int = 2_000_000,  # noqa: ARG002 - the seam's signature
    ) -> HttpAnswer:
        """The scripted answer for the URL."""
        self.asked.append(url)
        self.logins.append(user)
        answer = self.answers.get(url, TimedOut())
        if isinstance(answer, ProbeError):
            raise answer
        return answer

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """The scripted answer for the request's URL."""
        return await self.get(request.url, deadline=deadline, user=request.user)


@dataclass
class FakeEcho:
    """An EchoClient that answers by host: round trips in seconds, None lost; unknown is silent."""

    rtts: Mapping[str, tuple[float | None, ...] | ProbeError]
    link: bool | None = True
    asked: list[str] = field(default_factory=list)

    async def burst(
        self,
        host: str,
        *,
        count: int,
        gap_s: float,  # noqa: ARG002 - the seam's signature
        timeout_s: float,  # noqa: ARG002 - the seam's signature
    ) -> EchoStats:
        """The scripted round trips of the host."""
        self.asked.append(host)
        found = self.rtts.get(host, (None,) * count)
        if isinstance(found, ProbeError):
            raise found
        answered = tuple(rtt for rtt in found if rtt is not None)
        return EchoStats(len(found), len(found) - len(answered), answered, "fake")

    async def host_link(self) -> bool | None:
        """The scripted carrier."""
        return self.link


@dataclass
class FakeTcp:
    """A TcpClient that answers by (host, port) in seconds; an unknown port is silent."""

    took: Mapping[tuple[str, int], float | ProbeError]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def connect(
        self,
        host: str,
        port: int,
        *,
        deadline: float,  # noqa: ARG002 - the seam's signature
    ) -> float:
        """The scripted seconds."""
        self.asked.append((host, port))
        found = self.took.get((host, port), TimedOut())
        if isinstance(found, ProbeError):
            raise found
        return found
