"""The agent's API from the client's side, over TCP or the Unix socket; and its state file.

A client reads the local token by itself, from the folder of the agent it asks.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pydantic import ValidationError

from agent import sse, statefile, wire
from agent.address import DEFAULT_URL, Address, addresses, credential, state_folder
from agent.wire.sender import UnknownSenders
from inventory.errors import ActionRefused
from inventory.errors import AgentUnreachable as _Unreachable
from probes.clock import SystemClock
from probes.transports.no_console import leave_out_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import httpx

    from agent.wire import StateFile

__all__ = [
    "SILENT_AFTER_S", "Address", "AgentClient", "AgentRefused", "AgentUnreachable", "Followed",
    "Following", "LastKnown", "Missed", "addresses", "find_agent", "last_known", "state_folder",
]  # fmt: skip

_OK = 200
_ANY_HOST = "http://wardops"  # over a Unix socket the host says nothing
SILENT_AFTER_S = 10.0  # five heartbeats: who follows and hears nothing for so long is cut off
Answer = TypeVar("Answer", bound=wire.Wire)
Came = TypeVar("Came")
Missed = sse.Missed
Followed: TypeAlias = sse.Followed


class AgentUnreachable(_Unreachable):
    """Nobody answers; `age_s` is the age of the state file's data, None when there is none."""

    age_s: float | None = None


class AgentRefused(ActionRefused):
    """The agent answers but does not do it; `code` is of the API's closed set."""

    def __init__(self, code: str, text: Mapping[str, str]) -> None:
        super().__init__("api.said", text=dict(text))
        self.code = code


class AgentClient:
    """Asks one agent; a context manager, since it keeps its connection.

    Every call raises AgentUnreachable when nobody answers in time, AgentRefused when the agent says
    no, and what is not known in a newer agent's answer is ignored.
    """

    def __init__(self, address: Address, *, timeout_s: float = 5.0) -> None:
        self.address = address
        leave_out_console()
        import httpx  # noqa: PLC0415 - a quarter of a second that `--help` need not wait

        uds = str(address.socket) if address.socket else None
        self._failures = (httpx.HTTPError, httpx.InvalidURL)
        self._http = httpx.Client(
            base_url=f"{address.url or _ANY_HOST}/api/v1",
            transport=httpx.HTTPTransport(uds=uds) if uds else None,
            headers=credential(address.token_files),
            timeout=timeout_s,
            trust_env=False,  # an agent is never asked through a proxy of the environment
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def meta(self) -> wire.Meta:
        """Who answers."""
        return self._get(wire.Meta, "/meta")

    def snapshot(self, ward: str | None = None) -> wire.Snapshot:
        """All that the first screen needs."""
        return self._get(wire.Snapshot, "/snapshot", _given(ward=ward))

    def incidents(
        self, ward: str | None = None, *, is_open: bool | None = None
    ) -> tuple[wire.Incident, ...]:
        """The newest 1000 incidents, of one ward if given, only open ones or only others."""
        shown = None if is_open is None else str(is_open).lower()
        params = _given(ward=ward, open=shown, limit="1000")
        return self._get(wire.Page[wire.Incident], "/incidents", params).items

    def incident(self, incident: str) -> wire.Incident:
        """One incident with its timeline."""
        return self._get(wire.Incident, f"/incidents/{_segment(incident)}")

    def device(self, device: str, ward: str | None = None) -> wire.DeviceDetail:
        """One device with its newest values; `ward` tells apart hops that every ward has."""
        path = f"/devices/{_segment(device)}"
        return self._get(wire.DeviceDetail, path, _given(ward=ward))

    def interfaces(self, device: str, ward: str | None = None) -> tuple[wire.Interface, ...]:
        """The first 1000 ports of one device; none when they were not measured lately."""
        path = f"/devices/{_segment(device)}/interfaces"
        return self._get(wire.Page[wire.Interface], path, _given(ward=ward, limit="1000")).items

    def playbooks(self) -> tuple[wire.PlaybookBrief, ...]:
        """The playbooks that the agent can conduct."""
        return self._get(wire.Page[wire.PlaybookBrief], "/playbooks", {"limit": "1000"}).items

    def playbook(self, playbook: str) -> wire.PlaybookBrief:
        """One playbook."""
        return self._get(wire.PlaybookBrief, f"/playbooks/{_segment(playbook)}")

    def playbook_run(self, run: str) -> wire.PlaybookRun:
        """One run with its lines."""
        return self._get(wire.PlaybookRun, f"/playbook-runs/{_segment(run)}")

    def maintenance(self, ward: str | None = None) -> wire.Maintenance:
        """Announced windows that are not over and the weekly rules, of one ward if given."""
        return self._get(wire.Maintenance, "/maintenance", _given(ward=ward))

    def machines(self, ward: str | None = None) -> wire.Machines:
        """Machines of one ward with all that was found; of all wards the first 1000, failures."""
        return self._get(wire.Machines, "/machines", _given(ward=ward, limit="1000"))

    def meetings(self, ward: str | None = None, since: datetime | None = None) -> wire.Meetings:
        """Meetings that are not over for long, or all that ended after `since`, by their start."""
        begin = wire.stamp(since) if since else None
        return self._get(wire.Meetings, "/meetings", _given(ward=ward, **{"from": begin}))

    def readiness(
        self, room: str, ward: str, meeting: str | None = None, since: datetime | None = None
    ) -> wire.Readiness:
        """Whether a room is ready, for a meeting by its id; `pending` counts from `since` on."""
        params = _given(
            room=room, ward=ward, meeting=meeting, since=wire.stamp(since) if since else None
        )
        return self._get(wire.Readiness, "/readiness", params)

    def unknown_senders(self) -> UnknownSenders:
        """Who sent traps or syslog lines and is no device; for role city_noc."""
        return self._get(UnknownSenders, "/unknown-senders")

    def exposition(self) -> str:
        """What `/metrics` answers, as text 0.0.4."""
        response = self._ask("GET", f"{self.address.url or _ANY_HOST}/metrics")
        if response.status_code != _OK:
            raise self._refusal(response)
        return response.text

    def events(
        self, since: int | None = None, ward: str | None = None, *, silent_s: float = SILENT_AFTER_S
    ) -> Following:
        """Follow what changes after event `since`, of one ward if given.

        Raises what every call raises; AgentRefused `busy` when too many follow already.
        """
        params = _given(ward=ward, since=None if since is None else str(since))
        wait_s = self._http.timeout.connect
        request = self._http.build_request(
            "GET", "/events", params=params, timeout=(wait_s, silent_s, wait_s, wait_s)
        )
        response = self._tried(lambda: self._http.send(request, stream=True))
        if response.status_code != _OK:
            self._tried(response.read)
            raise self._refusal(response)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.close()
            raise self._no_agent(response)
        return Following(response, sse.Follower(since, is_whole=ward is None), self._tried)

    def command(self, command: wire.Command) -> wire.CommandResult:
        """Have something done; `accepted` False says that the agent did not do it, and why.

        After AgentUnreachable the same command may be sent again: it is done at most once.
        """
        body = command.model_dump_json()
        headers = {"Content-Type": "application/json"}
        response = self._ask("POST", "/commands", content=body, headers=headers)
        with suppress(ValidationError):
            return wire.CommandResult.model_validate_json(response.content)
        raise self._refusal(response)

    def _get(
        self, kind: type[Answer], path: str, params: Mapping[str, str] | None = None
    ) -> Answer:
        response = self._ask("GET", path, params=params)
        if response.status_code != _OK:
            raise self._refusal(response)
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise self._no_agent(response) from error

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        return self._tried(
            lambda: self._http.request(
                method, path, params=params, content=content, headers=headers
            )
        )

    def _tried(self, ask: Callable[[], Came]) -> Came:
        """What came of asking; the one place where httpx's failures become ours."""
        try:
            return ask()
        except self._failures as error:
            problem = str(error) or type(error).__name__
            raise AgentUnreachable(
                "api.unreachable", where=self.address.shown, problem=problem
            ) from error

    def _refusal(self, response: httpx.Response) -> ActionRefused | AgentUnreachable:
        try:
            problem = wire.Problem.model_validate_json(response.content)
        except ValidationError:
            return self._no_agent(response)
        said = problem.message.model_dump() if problem.message else {}
        told = {
            language: f"{title}: {said.get(language, problem.detail)}".removesuffix(": ")
            for language, title in problem.title.model_dump().items()
        }
        return AgentRefused(problem.code, told)

    def _no_agent(self, response: httpx.Response) -> AgentUnreachable:
        return AgentUnreachable(
            "api.not_an_agent", where=self.address.shown, problem=f"HTTP {response.status_code}"
        )


class Following:
    """What changes at an agent, as it changes: events, a heartbeat every two seconds, and `Missed`
    where something was lost, so that only a new snapshot says what is true.

    One thread iterates, once; it raises AgentUnreachable when the agent falls silent, and ends when
    the agent does. `close` ends it from any thread.
    """

    def __init__(
        self,
        response: httpx.Response,
        follower: sse.Follower,
        tried: Callable[[Callable[[], bytes | None]], bytes | None],
    ) -> None:
        self._response = response
        self._follower = follower
        self._tried = tried
        self._is_closed = False

    def __iter__(self) -> Iterator[Followed]:
        """All that happens, until somebody ends it."""
        pieces, frames = self._response.iter_raw(), sse.Frames()
        try:
            while (piece := self._tried(lambda: next(pieces, None))) is not None:
                for frame in frames.feed(piece):
                    yield from self._follower.read(frame)
        except AgentUnreachable:
            if not self._is_closed:
                raise
        finally:
            self._response.close()

    def close(self) -> None:
        """End the iteration, whoever waits in it."""
        self._is_closed = True
        stream = self._response.extensions.get("network_stream")
        line = stream.get_extra_info("socket") if stream is not None else None
        if line is not None:
            with suppress(OSError):  # it may have ended by itself
                line.shutdown(socket.SHUT_RDWR)


def find_agent(
    agent: str | None = None, state: Path | None = None, *, timeout_s: float = 5.0
) -> AgentClient:
    """A client of the first agent that answers.

    Raises AgentUnreachable, with the age of what the state file says, when none does.
    """
    failed: AgentUnreachable | None = None
    for address in addresses(agent, state):
        if address.socket is not None and not address.socket.exists() and agent is None:
            failed = failed or _no_socket(address)
            continue
        client = AgentClient(address, timeout_s=timeout_s)
        try:
            client.meta()
        except AgentUnreachable as error:
            client.close()
            failed = error
        except AgentRefused:
            return client  # it is there; what it says to the next question is for the caller
        else:
            return client
    problem = failed or AgentUnreachable("api.unreachable", where=DEFAULT_URL, problem="-")
    problem.age_s = last_known(state or state_folder()).age_s
    raise problem


@dataclass(frozen=True, slots=True)
class LastKnown:
    """What the state file says and how old that is, in seconds by the wall clock.

    Both are None without a readable file. A stamp from the future has no age: a clock was set.
    """

    state: StateFile | None = None
    age_s: float | None = None


def last_known(folder: Path, now: datetime | None = None) -> LastKnown:
    """Read `state.json` of the folder."""
    state = statefile.read_state(folder)
    if state is None:
        return LastKnown()
    age_s = ((now or SystemClock().now()) - state.generated_at).total_seconds()
    return LastKnown(state, age_s if age_s >= -1 else None)


def _no_socket(address: Address) -> AgentUnreachable:
    return AgentUnreachable("api.unreachable", where=address.shown, problem="no such socket")


def _given(**params: str | None) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}


def _segment(text: str) -> str:
    """Text as one segment of a path."""
    return "".join(char for char in text if char.isalnum() or char in "-_.")
