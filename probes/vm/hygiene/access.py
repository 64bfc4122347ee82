"""Who may come in: open ports, and the SSH server's settings. Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import Rule, failed, failed_or_crit, first_few, passed, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.vm.finding import Facts, Moment, Verdict
    from probes.vm.outside import Reach
    from probes.vm.status import Listener

_WEAK = frozenset({("permitrootlogin", "yes"), ("passwordauthentication", "yes")})
_SSHD_UNREAD = MappingProxyType({"silent": "sshd_ssh_silent", "sudo": "sshd_withheld"})
_LOOPBACK = ("127.", "::1")
# Linux takes 32768-60999 (ip_local_port_range), RFC 6335 has 49152-65535 for it.
_CLIENTS_FROM = 32_768


def _ports(facts: Facts, _day: Moment) -> Verdict:
    """What answers elsewhere counts before what only waits inside; without a word, neither is good.

    From outside only some ports are tried, so that alone never shows that there are no others.
    """
    allowed = facts.care.allow_ports if facts.care is not None else None
    if allowed is None:
        return unknown("no_allowed_ports")
    reach = facts.reach if facts.reach is not None and facts.reach.is_told else None
    open_beyond = [port for port in _tcp(reach.taken if reach else ()) if port not in allowed]
    if reach is not None and open_beyond:
        return failed_or_crit(
            reach.vantage == "ward", f"ports_from_{reach.vantage}", ports=first_few(open_beyond)
        )
    if facts.vm.listening is None:
        return unknown(_why_unseen(facts) if reach is None else "ports_outside_alone")
    beyond = [port for port in waiting(facts.vm.listening) if port not in allowed]
    told = failed("ports", ports=first_few(beyond)) if beyond else passed("ports_allowed")
    return replace(told, also=(f"vm_rule.said.{_seen_from(facts, reach)}", ()))


def waiting(listening: Iterable[Listener]) -> Iterable[str]:
    """What waits for others than the machine itself, each once: TCP before UDP, by number.

    A UDP socket in the range that systems give clients only waits for an answer: it is none.
    """
    waits = {
        (one.protocol, one.port)
        for one in listening
        if not one.address.startswith(_LOOPBACK)
        and not (one.protocol == "udp" and one.port >= _CLIENTS_FROM)
    }
    return [f"{protocol}/{port}" for protocol, port in sorted(waits)]


def _why_unseen(facts: Facts) -> str:
    """Why nobody told what it listens on."""
    if facts.ssh is None:
        return "no_ports_known"
    return "ports_ssh_silent" if facts.ssh == "silent" else "ports_unread"


def _tcp(ports: Iterable[int]) -> Iterable[str]:
    return (f"tcp/{port}" for port in ports)


def _seen_from(facts: Facts, reach: Reach | None) -> str:
    """The sentence on what was tried from elsewhere."""
    if facts.reach is None:
        return "ports_inside_alone"
    return "ports_no_answer" if reach is None else f"ports_shut_from_{reach.vantage}"


def _sshd(facts: Facts, _day: Moment) -> Verdict:
    if facts.vm.sshd is None:
        return unknown(_SSHD_UNREAD.get(facts.ssh or "", "no_sshd_known"))
    weak = list(_weak_settings(facts.vm.sshd))
    return failed("sshd", settings=first_few(weak)) if weak else passed("sshd_good")


def _host_key(facts: Facts, _day: Moment) -> Verdict:
    """Another key may be a new installation, or somebody who answers in the machine's place."""
    key = facts.host_key
    if key is None or key.is_written_one is None:
        return unknown("no_key_shown")
    return passed("key_kept") if key.is_written_one else failed("key_changed", shown=key.shown)


def _weak_settings(settings: tuple[tuple[str, str], ...]) -> Iterable[str]:
    """Settings as sshd -T tells them that are weak.

    Key exchange after RFC 9142, arcfour after RFC 8758; CBC since it lets text be recovered
    (US-CERT VU#958563), HMAC-MD5 after RFC 6151.
    """
    for name, told in settings:
        tries = int(told) if name == "maxauthtries" and told.isdecimal() else 0
        if (name, told) in _WEAK or tries > 6:
            yield f"{name} {told}"
        elif name in {"kexalgorithms", "ciphers", "macs"}:
            yield from (one for one in told.split(",") if _is_weak(one))


def _is_weak(algorithm: str) -> bool:
    plain = algorithm.partition("@")[0]
    return (
        plain in {"diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1"}
        or plain.endswith("-cbc")
        or plain.startswith(("arcfour", "hmac-md5"))
    )


RULES = (
    Rule("DC-09", "warn", _ports, "PB-SEC-08"),
    Rule("DC-10", "warn", _sshd),
)
SSH_RULES = (Rule("DC-23", "crit", _host_key, "PB-SEC-07"),)
