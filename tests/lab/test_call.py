"""A real call through the impaired line: what our SIP probes say is what the registrar knows, and
what our STAMP finds of the line is what baresip's RTCP finds of the call.

Why 20 % holds, and not by luck. Two runs of chance would differ too much: of 1,000 packets with
3 % loss 30 are lost, give or take 5.4, so that two such counts differ by more than a fifth four
times in ten. So the line plays the same chance twice, first for the call, then for STAMP: the
packets of the same numbers are lost, and late by as much. Only the edges differ: signalling and
RTCP are about 20 packets beside a call's 1,000, and the two do not end at the same number. The
seeds keep the share that is lost within 10 % of what is asked from the 700th packet to the
1,300th, and let the first 14 through, which set the call up.

Jitter is a moving mean with a spread of 14 %. STAMP's is the mean of 20 bursts (3 %), the call's
that of its four reports (7 %); with these seeds it stays within 6 %. Bursts run beside each other
in a call's own rhythm, and the line lets packets overtake, so that flows do not hold each other up.
A busy machine only adds: what is off is measured again with other seeds, a few times at most.

In the long form calls and STAMP share the line at the same time, ten calls of half a minute: 750
lost of 15,000 are known to 3.6 %, 450 to 4.6 %, so that two such counts differ by a fifth at most
but one time in a thousand.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from drills.impairment import Impairment
from tests.lab import call, ward
from tests.lab.call import BRIDGE, DOMAIN, LOCKED, PASSWORD, ROOM, TESTER
from tests.lab.test_line import off, shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.realtime, pytest.mark.timeout(300)]
__all__ = ("shared",)

SOAK = os.environ.get("WARDOPS_SOAK") == "1"
SECONDS, LONG_SECONDS = 20, 30
WITHIN = 0.20
SEEDS = ((206, 1222), (552, 1506), (1906, 1806))  # for each trial: of the way out, of the way back
ROUNDS, BESIDE, BURST, GAP_S = 2, 10, 50, 0.020
Ways: TypeAlias = "dict[str, tuple[float, float]]"  # loss and jitter by direction


def line_of(seeds: tuple[int, int]) -> tuple[Impairment, Impairment]:
    """20 ms each way; out it jitters by 10 ms and loses 5 %, back by 8 ms and 3 %."""
    out, back = seeds
    return (
        Impairment(delay_s=0.020, jitter_s=0.010, loss=0.05, seed=out, reorder=True),
        Impairment(delay_s=0.020, jitter_s=0.008, loss=0.03, seed=back, reorder=True),
    )


@pytest.fixture
def calls(line: Lab) -> Iterator[Lab]:
    """The lab with registrars, bridge and endpoint, on a clear line."""
    with call.call_lab(line):
        yield line


def server(port: int, more: str = "") -> str:
    """The URL of a registrar of the lab."""
    return f"sip://{ward.REGISTRAR}:{port}{more}"


def canary(user: str = TESTER, password: str = PASSWORD, **more: str) -> dict[str, str]:
    """The question whether an account can register."""
    url = more.pop("url", server(call.MD5_PORT))
    return {
        "probe": "sip-registration", "url": url, "user": user, "password": password,
        "domain": DOMAIN, **more,
    }  # fmt: skip


def dialled(room: str = BRIDGE, *, seconds: int = SECONDS, **more: str) -> dict[str, str]:
    """A test call to a room."""
    uri, url = f"sip:{room}@{DOMAIN}", server(call.MD5_PORT, f"?seconds={seconds}")
    return canary(url=url, probe="sip-call", test_uri=uri, **more)


def told(lab: Lab, *questions: dict[str, str]) -> list[dict[str, Any]]:
    """What our probes say to these questions."""
    found: list[dict[str, Any]] = call.ours(lab, "ask", json.dumps(questions))
    return found


def test_our_sip_probes_say_of_registrations_what_the_registrar_knows(calls: Lab) -> None:
    outcomes = told(
        calls,
        canary(),
        canary(url=server(call.MD5_PORT, "?transport=tcp")),
        canary(url=server(call.SHA_PORT)),
        canary(password="wrong"),
        canary(url=server(call.SHA_PORT), password="wrong"),
        canary(LOCKED),
        {"probe": "sip-options", "url": server(call.MD5_PORT)},
        {"probe": "sip-options", "url": server(call.SILENT)},
    )
    code = "wardops_sip_register_code sip ward"
    assert [(one["reason"], one["values"].get(code)) for one in outcomes] == [
        *[("ok", 200)] * 3,
        *[("auth", 401)] * 2,
        ("forbidden", 403),
        ("ok", None),
        ("refused", None),
    ]
    assert_looked_up_as_dumped(calls, {BRIDGE: True, ROOM: True, TESTER: False})
    calls.programs.stop(ROOM)
    assert_looked_up_as_dumped(calls, {BRIDGE: True, ROOM: False})
    refused = told(calls, dialled(ROOM), dialled(password="wrong"))
    assert [(one["reason"], one["detail"]) for one in refused] == [
        ("config", "call_404"),
        ("auth", "call_401"),
    ]


def assert_looked_up_as_dumped(lab: Lab, wanted: dict[str, bool]) -> None:
    """Our look-up, the registrar's own dump and what is expected are one and the same."""
    assert {who: call.registered(lab, who) for who in wanted} == wanted
    outcomes = told(
        lab,
        *(
            {"probe": "sip-lookup", "address": f"{who}@{DOMAIN}", "lookup": call.LOOKUP}
            for who in wanted
        ),
    )
    values = [one["values"]["wardops_vc_registered sip"] for one in outcomes]
    assert dict(zip(wanted, map(bool, values), strict=True)) == wanted


def test_our_path_figures_are_those_of_a_calls_rtcp(calls: Lab, shared: int) -> None:
    said: list[str] = []
    for seeds in SEEDS:
        called, ways = one_after_the_other(calls, shared, seeds)
        wrong = disagreements(called, ways)
        print(json.dumps({"call": called, "path": ways}))  # noqa: T201 - with -s, or on failure
        if not wrong:
            return
        said.append("; ".join(wrong))
    pytest.fail("\n".join(said))


def one_after_the_other(lab: Lab, port: int, seeds: tuple[int, int]) -> tuple[Ways, Ways]:
    """A call and STAMP through a line that does the same to both."""
    lab.impair(*line_of(seeds))
    called = ways_of_call(lab, SECONDS)
    lab.impair(*line_of(seeds))
    found = stamp(lab, port, ROUNDS)
    lab.clear()
    return called, found


def ways_of_call(lab: Lab, seconds: int) -> Ways:
    """What baresip's RTCP told of a test call, in the path's directions."""
    (called,) = told(lab, dialled(seconds=seconds))
    assert called["reason"] == "ok", called
    assert min(called["sent"].values()) >= 45 * seconds
    return {
        name: (
            called["values"][f"wardops_vc_canary_loss_ratio {way} audio"],
            called["values"][f"wardops_vc_canary_jitter_seconds {way} audio"],
        )
        for way, name in (("tx", "out"), ("rx", "back"))
    }


def stamp(lab: Lab, port: int, rounds: int) -> Ways:
    """What our sender's bursts tell of the line."""
    words = (str(port), str(rounds), str(BESIDE), str(BURST), str(GAP_S))
    found = call.ours(lab, "stamp", ward.REFLECTOR, *words)
    return {name: (way["lost"] / way["sent"], way["jitter_s"]) for name, way in found.items()}


def disagreements(called: Ways, ways: Ways) -> list[str]:
    """Where the call's figures and the path's are further apart than allowed."""
    return [
        sentence
        for name in ways
        for what, of_call, of_path in zip(("loss", "jitter"), called[name], ways[name], strict=True)
        for sentence in off(f"{what} {name}", of_call, of_path, WITHIN * of_path)
    ]


@pytest.mark.skipif(not SOAK, reason="five minutes of calls: WARDOPS_SOAK=1")
@pytest.mark.timeout(900)
def test_calls_and_stamp_on_the_line_at_once_find_the_same(calls: Lab, shared: int) -> None:
    """STAMP sends ten bursts of a second beside each other, again and again during each call."""
    both: list[tuple[Ways, Ways]] = []
    with ThreadPoolExecutor() as beside:
        for turn in range(10):
            calls.impair(*line_of((turn, 100 + turn)))
            measuring = beside.submit(stamp, calls, shared, 15)
            called = ways_of_call(calls, LONG_SECONDS)
            both.append((called, measuring.result()))
    calls.clear()
    called, found = (mean_of([pair[one] for pair in both]) for one in (0, 1))
    print(json.dumps({"call": called, "path": found}))  # noqa: T201 - with -s, or on failure
    assert disagreements(called, found) == []


def mean_of(ways: list[Ways]) -> Ways:
    """Several measurements of equal length as one."""
    return {
        name: (fmean(one[name][0] for one in ways), fmean(one[name][1] for one in ways))
        for name in ("out", "back")
    }
