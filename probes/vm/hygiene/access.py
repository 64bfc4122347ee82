"""Who may come in: open ports, and the SSH server's settings. Pure.

What is looked at comes from inside alone: whether a port is reachable from elsewhere is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import Rule, failed, first_few, passed, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.vm.finding import Facts, Moment, Verdict

_WEAK = frozenset({("permitrootlogin", "yes"), ("passwordauthentication", "yes")})
_LOOPBACK = ("127.", "::1")


def _ports(facts: Facts, _day: Moment) -> Verdict:
    if facts.vm.listening is None:
        return unknown("no_ports_known")
    if facts.care is None or facts.care.allow_ports is None:
        return unknown("no_allowed_ports")
    waits = (one for one in facts.vm.listening if not one.address.startswith(_LOOPBACK))
    seen = dict.fromkeys(f"{one.protocol}/{one.port}" for one in waits)
    beyond = [port for port in seen if port not in facts.care.allow_ports]
    return failed("ports", ports=first_few(beyond)) if beyond else passed("ports_allowed")


def _sshd(facts: Facts, _day: Moment) -> Verdict:
    if facts.vm.sshd is None:
        return unknown("no_sshd_known")
    weak = list(_weak_settings(facts.vm.sshd))
    return failed("sshd", settings=first_few(weak)) if weak else passed("sshd_good")


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
    Rule("DC-09", "warn", _ports),
    Rule("DC-10", "warn", _sshd),
)
