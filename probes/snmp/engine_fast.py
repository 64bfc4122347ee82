"""The engine that polls: SNMP v1, v2c and v3 over shared sockets, callbacks and one timer.

It knows each device: which version it speaks, as whom it is asked, what its tables taught.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

from probes import oids as names
from probes.errors import AuthFailed, DnsFailed, Forbidden, NotConfigured, TimedOut
from probes.snmp import carry
from probes.snmp.asks import GetPlan
from probes.snmp.carry import Course
from probes.snmp.datagrams import Datagrams, UdpDatagrams
from probes.snmp.layouts import Layouts
from probes.snmp.session import CommunitySession, UsmSession
from probes.snmp.session_peer import (
    ONLY_V1_FOR_S,
    SLOW_PDU_S,
    Peer,
    recalled,
    remembered,
    table_key,
)
from probes.snmp.session_poll import Poll
from probes.snmp.session_traffic import V2C_TRIES_OF_A_STRANGER, Counts, SpeaksV1, Traffic
from probes.snmp.tables import TablePlan
from probes.snmp.types import Note
from probes.snmp.usm import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from probes.snmp.types import NoteWord, Oid, SnmpResult, SnmpTarget, TableResult

    _Session: TypeAlias = CommunitySession | UsmSession
    _MakePlan: TypeAlias = Callable[[Peer, _Session], GetPlan | TablePlan]

__all__ = ["Counts", "Datagrams", "FastEngine", "UdpDatagrams"]


class FastEngine:
    """SnmpClient for v1, v2c and v3. Timers come from the running loop, so virtual time works.

    `tell` takes what people should hear of a device.
    """

    def __init__(self, datagrams: Datagrams, tell: Callable[[Note], None] | None = None) -> None:
        self._tell_note = tell
        self._peers: dict[tuple[str, int], Peer] = {}
        self._sessions: dict[tuple[object, ...], UsmSession] = {}
        self._keys = KeyRing()
        self._layouts = Layouts()
        self._salt = secrets.randbits(64)
        self._traffic = Traffic(datagrams, self._peers, self._forget_replaced)

    # -- SnmpClient --

    async def get(self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float) -> SnmpResult:
        """GET instances; raises a ProbeError leaf."""
        course = await self._run(target, lambda _peer, _session: GetPlan(oids), deadline)
        return carry.instances(course)

    async def table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        deadline: float,
    ) -> TableResult:
        """Read columns of a table, and scalars beside them; raises a ProbeError leaf."""
        course = await self._run_table(target, columns, scalars, max_rows, deadline)
        return carry.table(course)

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult:
        """Read everything under `root`; raises a ProbeError leaf."""
        return carry.walk(await self._run_table(target, (root,), (), max_varbinds, deadline))

    def close(self) -> None:
        """Give up what is outstanding and close the sockets."""
        self._traffic.close()

    # -- what is kept across restarts --

    def remember(self, now: float) -> dict[str, dict[str, Any]]:
        """What was learned of each device, as JSON has it and without any key; `now` loop time."""
        kept = {f"{h}|{port}": remembered(peer, now) for (h, port), peer in self._peers.items()}
        return {name: told for name, told in kept.items() if told}

    def recall(self, kept: Mapping[str, Any], now: float, age_s: float) -> None:
        """Take what `remember` gave `age_s` seconds ago; what cannot be read is left out."""
        for name, told in kept.items():
            host, _, port = name.rpartition("|")
            if isinstance(told, dict) and port.isdecimal():
                self._peers.setdefault((host, int(port)), recalled(told, now, age_s))

    def forget(self, host: str, port: int) -> None:
        """Drop what a device's tables taught; its engine and its round trip stay known."""
        if (peer := self._peers.get((host, port))) is not None:
            peer.forget_tables()

    def is_slow(self, host: str, port: int) -> bool:
        """Whether the device takes more than half a second for one PDU."""
        peer = self._peers.get((host, port))
        return peer is not None and peer.srtt_s is not None and peer.srtt_s > SLOW_PDU_S

    def listen(self, tell: Callable[[Note], None]) -> None:
        """From now on tell this one what people should hear of a device."""
        self._tell_note = tell

    @property
    def outstanding(self) -> int:
        """How many PDUs wait for an answer now."""
        return self._traffic.outstanding

    @property
    def counts(self) -> Counts:
        """What came in, and what of it did not count."""
        return self._traffic.counts

    @property
    def lag_s(self) -> float:
        """By how many seconds in all a late loop has moved deadlines."""
        return self._traffic.lag_s

    # -- a poll from its beginning to its end --

    async def _run_table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        scalars: Sequence[Oid],
        max_rows: int,
        deadline: float,
    ) -> Course:
        plans: list[tuple[Peer, TablePlan]] = []

        def make(peer: Peer, session: _Session) -> TablePlan:
            plan = TablePlan(
                columns,
                scalars=scalars,
                max_rows=max_rows,
                learned=peer.tables.get(key),
                bulk=session.version != 0,
                getnext_broken="getnext-broken" in target.quirks,
                script=peer.script(
                    (key, session), asyncio.get_running_loop().time(), self._layouts
                ),
            )
            plans.append((peer, plan))
            return plan

        key = table_key(columns)
        course = await self._run(target, make, deadline)
        peer, plan = plans[-1]
        peer.learn_table(key, plan.learned())
        return course

    async def _run(self, target: SnmpTarget, make: _MakePlan, deadline: float) -> Course:
        """Drive a poll to its end; a stranger that speaks v1 alone is polled again as such."""
        host = await _numeric(target.host)
        peer = self._peers.setdefault((host, target.port), Peer())
        poll = self._poll(target, host, peer, make, deadline)
        try:
            await self._traffic.drive(poll)
        except TimedOut:
            await self._doubt_silence(poll)
            raise
        except SpeaksV1:
            await self._settle_version(target, poll)
            poll = self._poll(target, host, peer, make, poll.deadline)
            await self._traffic.drive(poll)
        return poll.course

    def _poll(
        self, target: SnmpTarget, host: str, peer: Peer, make: _MakePlan, deadline: float
    ) -> Poll:
        session = self._session(target, host, peer)
        course = Course(make(peer, session), "fast")
        sources = frozenset((host, *target.accept_source))
        done = asyncio.get_running_loop().create_future()
        is_stranger = session.version == 1 and not peer.has_answered
        return Poll(
            course, session, peer, host, target.port, sources, deadline, done, is_stranger
        )  # fmt: skip

    def _session(self, target: SnmpTarget, host: str, peer: Peer) -> _Session:
        if target.version == "3":
            return self._usm_session(target, host, peer)
        if target.community is None:
            raise NotConfigured("no_community")
        is_v1 = target.version == "1" or peer.only_v1_until > asyncio.get_running_loop().time()
        return CommunitySession(0 if is_v1 else 1, target.community.reveal().encode())

    def _usm_session(self, target: SnmpTarget, host: str, peer: Peer) -> UsmSession:
        user = target.user
        if user is None:
            raise NotConfigured("no_user")
        keys = (user.auth_key, user.priv_key)
        secret = tuple(key.reveal() if key else "" for key in keys)
        name = (host, target.port, user.name, user.auth, user.priv, *secret, target.context)
        session = self._sessions.get(name)
        if session is None:
            session = UsmSession(user, target.context, peer.engine, self._keys, self._claim_salt)
            self._sessions[name] = session
            if user.is_weak:
                self._tell("snmp-weak-crypto", host, target.port)
        return session

    async def _doubt_silence(self, poll: Poll) -> None:
        """Silence at encrypted requests alone is a wrong key; raises AuthFailed `v3_priv_key`.

        Some agents report nothing when they cannot decipher. One request without encryption tells.
        """
        session = poll.session
        if not isinstance(session, UsmSession) or not session.engine.id:
            return
        if not session.is_private or session.is_deciphered or not poll.peer.has_answered:
            return
        course = Course(GetPlan((names.sysUpTime,)), "fast", tries=1)
        done = asyncio.get_running_loop().create_future()
        plain = replace(poll, course=course, done=done, ids=[], is_unencrypted=True)
        try:
            await self._traffic.drive(plain)
        except (Forbidden, NotConfigured):
            pass  # it looked at our digest before it refused
        except TimedOut:
            return
        raise AuthFailed("v3_priv_key")

    async def _settle_version(self, target: SnmpTarget, poll: Poll) -> None:
        """A stranger answered v1 and was silent at v2c: ask v2c once more before it is believed."""
        course = Course(GetPlan((names.sysUpTime,)), "fast", tries=V2C_TRIES_OF_A_STRANGER)
        done = asyncio.get_running_loop().create_future()
        again = replace(poll, course=course, done=done, ids=[], may_be_v1=False)
        poll.peer.has_answered = True
        try:
            await self._traffic.drive(again)
        except TimedOut:
            poll.peer.only_v1_until = asyncio.get_running_loop().time() + ONLY_V1_FOR_S
            self._tell("snmp-v1-only", poll.host, target.port)

    def _claim_salt(self) -> int:
        self._salt += 1
        return self._salt

    def _forget_replaced(self, poll: Poll) -> None:
        poll.peer.forget_tables()
        self._tell("device-replaced", poll.host, poll.port)

    def _tell(self, word: NoteWord, host: str, port: int) -> None:
        if self._tell_note is not None:
            self._tell_note(Note(word, host, port))


async def _numeric(host: str) -> str:
    """The address of a host, in the one spelling that answers carry; DnsFailed without one."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:
        raise DnsFailed() from None
    return str(ip_address(found[0][4][0]))
