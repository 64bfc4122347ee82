"""Rules on who may come in: machines that break and that keep them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.machine import MachineCare
from probes.vm.finding import Facts, HostKey
from probes.vm.outside import Reach
from probes.vm.status import Listener, VmStatus
from tests.probes.vm.hygiene.conftest import Case, by, found, says

if TYPE_CHECKING:
    from probes.vm.finding import SshWay


def listens(*ports: int, address: str = "*") -> Facts:
    """A machine that listens on these ports and may listen on 22 alone."""
    waits = tuple(Listener("tcp", address, port) for port in ports)
    return replace(says(listening=waits), care=MachineCare(allow_ports=("tcp/22",)))


def reached(facts: Facts, vantage: str = "ward", **ports: tuple[int, ...]) -> Facts:
    """The same machine, tried from elsewhere."""
    return replace(facts, reach=Reach(vantage, **ports))


def keyed(**shown: Any) -> Facts:
    """A machine that is asked over SSH, and what came of its key."""
    return Facts(host_key=HostKey(**shown))


CASES = (
    Case("DC-23", keyed(is_written_one=False, shown="SHA256:x"), "fail", "crit"),
    Case("DC-23", keyed(is_written_one=True), "pass"),
    Case("DC-23", keyed(), "unknown"),
    Case("DC-09", listens(22, 3306), "fail", "warn"),
    Case("DC-09", listens(22), "pass"),
    Case("DC-09", listens(3306, address="127.0.0.1"), "pass"),
    Case("DC-09", says(listening=(Listener("tcp", "*", 22),)), "unknown"),
    Case("DC-09", by(allow_ports=()), "unknown"),
    Case("DC-09", reached(listens(22), taken=(22, 3306)), "fail", "crit"),
    Case("DC-09", reached(listens(22), "hub", taken=(3306,)), "fail", "warn"),
    Case("DC-09", reached(listens(22, 3306), taken=(22,), silent=(3306,)), "fail", "warn"),
    Case("DC-09", reached(listens(22, 3306), silent=(22, 3306)), "fail", "warn"),
    Case("DC-09", reached(listens(22), taken=(22,), refused=(3306,)), "pass"),
    Case("DC-09", reached(by(allow_ports=("tcp/22",)), taken=(22,)), "unknown"),
    Case("DC-09", reached(by(allow_ports=("tcp/22",)), taken=(445,)), "fail", "crit"),
    Case("DC-09", reached(Facts(), taken=(445,)), "unknown"),
    Case("DC-10", says(sshd=(("permitrootlogin", "yes"),)), "fail", "warn"),
    Case("DC-10", says(sshd=(("passwordauthentication", "yes"),)), "fail", "warn"),
    Case("DC-10", says(sshd=(("maxauthtries", "7"),)), "fail", "warn"),
    Case("DC-10", says(sshd=(("ciphers", "aes256-ctr,aes256-cbc"),)), "fail", "warn"),
    Case("DC-10", says(sshd=(("kexalgorithms", "diffie-hellman-group1-sha1"),)), "fail", "warn"),
    Case("DC-10", says(sshd=(("macs", "hmac-md5-etm@openssh.com"),)), "fail", "warn"),
    Case(
        "DC-10",
        says(
            sshd=(
                ("permitrootlogin", "prohibit-password"),
                ("passwordauthentication", "no"),
                ("maxauthtries", "6"),
                ("ciphers", "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com"),
                ("kexalgorithms", "curve25519-sha256"),
                ("macs", "hmac-sha2-256-etm@openssh.com"),
            )
        ),
        "pass",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_what_ssh_did_not_tell_is_not_blamed_on_what_is_written() -> None:
    ways: tuple[tuple[SshWay | None, str, str], ...] = (
        (None, "no_sshd_known", "no_ports_known"),
        ("silent", "sshd_ssh_silent", "ports_ssh_silent"),
        ("plain", "no_sshd_known", "ports_unread"),
        ("sudo", "sshd_withheld", "ports_unread"),
    )
    for way, sshd, ports in ways:
        facts = replace(by(allow_ports=()), ssh=way)
        assert found("DC-10", facts).said == f"vm_rule.said.{sshd}"
        assert found("DC-09", facts).said == f"vm_rule.said.{ports}"


def test_many_open_ports_are_told_in_one_short_line() -> None:
    one = found("DC-09", listens(*range(8000, 8020)))
    assert dict(one.values)["ports"] == "tcp/8000, tcp/8001, tcp/8002, tcp/8003 +16"


def test_tcp_is_named_first_and_sockets_of_questions_are_not_counted() -> None:
    waits = (("udp", 43_702), ("udp", 161), ("udp", 65_535), ("tcp", 40_000), ("tcp", 25))
    facts = replace(
        listens(), vm=VmStatus(listening=tuple(Listener(name, "*", at) for name, at in waits))
    )
    assert dict(found("DC-09", facts).values)["ports"] == "tcp/25, tcp/40000, udp/161"


def test_what_is_tried_from_elsewhere_is_told_beside_what_is_seen_inside() -> None:
    for facts, said in (
        (listens(22), "ports_inside_alone"),
        (reached(listens(22), silent=(22,)), "ports_no_answer"),
        (reached(listens(22), taken=(22,)), "ports_shut_from_ward"),
        (reached(listens(22, 3306), "hub", taken=(22,)), "ports_shut_from_hub"),
    ):
        one = found("DC-09", facts)
        assert one.also is not None
        assert one.also[0] == f"vm_rule.said.{said}"
