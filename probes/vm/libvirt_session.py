"""Asks libvirt over a read-only connection: the only door to its library, which blocks.

A visit has a thread of its own, which nothing can stop while the library waits for its ssh or its
socket. At the deadline the caller goes; the thread ends with the library's call and asks no more.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from probes.errors import NotConfigured, TimedOut
from probes.vm.libvirt_errors import INVALID_ARG, NO_DOMAIN, NO_SUPPORT, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_ASIDE_S = 2.0  # kept back for whatever is under way when the time is over
_ACTIVE = 2  # VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
_NO_WAIT = 1 << 29  # VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: pass over one that hangs
_MOST_MACHINES = 2000
_ALL_PROCESSORS = -1

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine as libvirt tells of it; None and missing keys are unknown.

    `info` is state, most and current memory in KiB, processors, processor time in ns; `stats` are
    the typed values of `virConnectGetAllDomainStats`; `snapshots` are their definitions in XML.
    """

    uuid: str
    name: str
    info: Sequence[int] | None
    stats: Mapping[str, Any]
    definition: str | None
    snapshots: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Told:
    """All that one visit heard. `processors` are ns by kind of work, `memory` KiB by kind of use.

    `pools` are names with state, capacity, allocation and available octets. `is_cut` says that
    there was no time for some of it.
    """

    host: str
    driver: str
    release: int
    processors: Mapping[str, int] | None
    memory: Mapping[str, int] | None
    machines: tuple[Machine, ...]
    pools: tuple[tuple[str, Sequence[int]], ...] | None
    is_cut: bool


def visit(uri: str) -> tuple[asyncio.Future[Told], Event]:
    """Begin a visit in a thread: what comes of it, and the event that ends its asking.

    The future raises NotConfigured without the library, and what `problem_of` makes of its errors.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Told] = loop.create_future()
    over = Event()

    def ended(told: Told | None, error: BaseException | None) -> None:
        if answer.cancelled():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(told)  # type: ignore[arg-type]  # None only with an error

    def run() -> None:
        told, problem = None, None
        try:
            told = _ask(uri, over)
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the caller
            problem = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits for anything
            loop.call_soon_threadsafe(ended, told, problem)

    Thread(target=run, name="wardops-libvirt", daemon=True).start()
    return answer, over


async def wait(answer: asyncio.Future[Told], over: Event, deadline: float) -> Told:
    """What the visit heard until shortly before `deadline` (loop time); TimedOut at it."""
    soon = asyncio.get_running_loop().call_at(deadline - _ASIDE_S, over.set)
    try:
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(answer)
    except TimeoutError as error:
        raise TimedOut from error
    finally:
        soon.cancel()
        over.set()
        if not answer.done():
            answer.add_done_callback(_heard)


def _heard(answer: asyncio.Future[Told]) -> None:
    """Take the error of a visit that nobody waits for any more, so that it is not reported."""
    if not answer.cancelled():
        answer.exception()


def _ask(uri: str, over: Event) -> Told:
    try:
        import libvirt  # noqa: PLC0415 - optional, and only who has such a host needs it
    except ImportError as error:
        raise NotConfigured("libvirt_missing") from error
    libvirt.registerErrorHandler(_say_nothing, None)  # else it writes to the screen
    try:
        connection = libvirt.openReadOnly(uri)
        try:
            return _Asking(connection, over, libvirt.libvirtError).told()
        finally:
            connection.close()
    except libvirt.libvirtError as error:
        raise problem_of(
            error.get_error_code() or 0, error.get_int1() or 0, error.get_error_message() or ""
        ) from error


def _say_nothing(_context: object, _error: object) -> None:
    """What the library would print comes as an exception as well."""


class _Asking:
    """One open connection and its questions, in the order of what they are worth."""

    def __init__(self, connection: Any, over: Event, library_error: Any) -> None:
        self._connection, self._over, self._error = connection, over, library_error
        self._is_cut = False

    def told(self) -> Told:
        """Everything that there is time for."""
        ask = self._connection
        domains = ask.listAllDomains(0)
        self._is_cut = len(domains) > _MOST_MACHINES
        pools = self._optional(lambda: tuple(self._pools()))
        stats = self._stats()
        return Told(
            host=ask.getHostname(),
            driver=ask.getType(),
            release=ask.getLibVersion(),
            processors=self._optional(ask.getCPUStats, _ALL_PROCESSORS),
            memory=self._optional(ask.getMemoryStats, _ALL_PROCESSORS),
            machines=tuple(self._machines(domains[:_MOST_MACHINES], stats)),
            pools=pools,
            is_cut=self._is_cut,
        )

    def _optional(self, question: Callable[..., _T], *about: Any) -> _T | None:
        """The answer; None when its driver has none, it is gone, or there is no time."""
        if self._over.is_set():
            self._is_cut = True
            return None
        try:
            return question(*about)
        except self._error as error:
            if error.get_error_code() not in {NO_SUPPORT, NO_DOMAIN}:
                self._is_cut = True
            return None

    def _stats(self) -> Mapping[str, Mapping[str, Any]]:
        try:
            rows = self._connection.getAllDomainStats(0, _NO_WAIT)
        except self._error as error:
            if error.get_error_code() not in {NO_SUPPORT, INVALID_ARG}:
                raise
            # Not every driver knows that flag, and not every one has statistics.
            rows = self._optional(self._connection.getAllDomainStats, 0, 0) or []
        return {domain.UUIDString(): values for domain, values in rows}

    def _pools(self) -> Iterator[tuple[str, Sequence[int]]]:
        for pool in self._connection.listAllStoragePools(_ACTIVE):
            yield pool.name(), pool.info()

    def _machines(
        self, domains: Sequence[Any], stats: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Machine]:
        for domain in domains:
            uuid = domain.UUIDString()
            yield Machine(
                uuid=uuid,
                name=domain.name(),
                info=self._optional(domain.info),
                stats=stats.get(uuid, {}),
                definition=self._optional(domain.XMLDesc, 0),
                snapshots=self._optional(_snapshots, domain),
            )


def _snapshots(domain: Any) -> tuple[str, ...]:
    return tuple(one.getXMLDesc(0) for one in domain.listAllSnapshots(0))
