"""The agent in its ward, faults in the ward, and whom the verdict blames.

The short form plays a handful of faults, `WARDOPS_SOAK=1` all of them.
"""

from __future__ import annotations

import os
import re
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from tests.lab.faults import FAULTS, QUIET, filter_six, unfilter_six
from tests.lab.programs import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.wire import Verdict
    from tests.lab.faults import Fault, Quiet
    from tests.lab.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.realtime, pytest.mark.timeout(500)]

IS_WHOLE = os.environ.get("WARDOPS_SOAK") == "1"
PLAYED = [
    pytest.param(fault, id=fault.name.replace(" ", "-"))
    for fault in FAULTS
    if IS_WHOLE or fault.quick
]
WATCHED = [quiet for quiet in QUIET if IS_WHOLE or quiet.quick]
WELL_S, TOLD_S = 90.0, 10.0
LOOK_S = 0.25
_SEGMENT = re.compile(r'^wardops_ward_verdict\{.*segment="(\w+)".*\} 1(?:\.0)?$', re.MULTILINE)


@pytest.fixture(scope="module")
def judged(lab: Lab) -> Iterator[Lab]:
    """The lab with an agent that has called the ward well."""
    restart(lab)
    yield lab
    lab.stop_agent()


def restart(lab: Lab) -> None:
    """An agent without memories, which has called the ward well."""
    lab.stop_agent()
    lab.start_agent()
    assert_well(lab)


def assert_well(lab: Lab) -> None:
    """Wait until the agent calls the ward well."""
    seen: list[str] = []
    if not wait_for(lambda: _noted(lab, seen, lambda now: now.state == "ok"), WELL_S, LOOK_S):
        pytest.fail(f"the ward is not called well within {WELL_S:.0f} s: {seen[-3:]}")


def _noted(lab: Lab, seen: list[str], holds: Callable[[Verdict], bool]) -> bool:
    """Whether it holds for the verdict of now; every new verdict is written down."""
    now = lab.verdict()
    if now is None:
        return False
    told = f"{now.segment}/{now.part} {now.state} row {now.row}, missing {', '.join(now.missing)}"
    if told not in seen[-1:]:
        seen.append(told)
    return holds(now)


def fits(fault: Fault, now: Verdict) -> bool:
    """Whether this is the verdict that the fault must lead to."""
    if now.state == "ok" or now.segment != fault.segment:
        return False
    if fault.parts and now.part not in fault.parts:
        return False
    if not any(fault.says in one.text.en for one in now.evidence):
        return False
    return not fault.suspects or any(
        one.startswith(suspect) for one in now.alternatives for suspect in fault.suspects
    )


@pytest.mark.parametrize("fault", PLAYED)
def test_a_fault_is_put_where_it_is(judged: Lab, fault: Fault) -> None:
    seen: list[str] = []
    if fault.afresh:
        restart(judged)
    begun = monotonic()
    try:
        fault.inject(judged)
        found = wait_for(
            lambda: _noted(judged, seen, lambda now: fits(fault, now)), fault.within_s, LOOK_S
        )
        took_s = monotonic() - begun
        told = found and wait_for(
            lambda: set(_SEGMENT.findall(judged.exposition())) == {fault.segment}, TOLD_S, LOOK_S
        )
    finally:
        fault.mend(judged)
    if fault.afresh:
        restart(judged)
    assert_well(judged)
    assert found, f"not {fault.segment} {fault.parts} within {fault.within_s:.0f} s: {seen}"
    assert told, f"the metrics do not say {fault.segment} within {TOLD_S:.0f} s"
    print(f"{fault.name}: {fault.segment} after {took_s:.1f} s")  # noqa: T201 - shown with -s


def test_a_service_that_fails_at_ipv6_alone_is_told_and_nobody_is_blamed(judged: Lab) -> None:
    """The name has both kinds of address; a filter on the way lets nothing through at IPv6."""
    good = ("ok", None, "ok", None)
    assert wait_for(lambda: _portal(judged) == good, WELL_S, LOOK_S)
    seen: list[str] = []

    def is_told() -> bool:
        _noted(judged, seen, lambda _now: True)
        four, told4, six, told6 = _portal(judged)
        return (four, told4, told6) == ("ok", None, "ipv6_broken") and six != "ok"

    try:
        filter_six(judged)
        told = wait_for(is_told, WELL_S, LOOK_S)
    finally:
        unfilter_six(judged)
    assert told, f"not told within {WELL_S:.0f} s: {seen}"
    assert [one for one in seen if not one.startswith("none/")] == []
    assert wait_for(lambda: _portal(judged) == good, WELL_S, LOOK_S)


def _portal(lab: Lab) -> tuple[str | None, str | None, str | None, str | None]:
    """How the last look at the service went and what is told of it, at IPv4 and at IPv6."""
    with lab.client() as client:
        found = {one.id: one for one in client.snapshot().services}
    four, six = found["portal"], found["portal-v6"]
    return four.reason, four.finding, six.reason, six.finding


@pytest.mark.parametrize("quiet", WATCHED, ids=lambda quiet: quiet.name.replace(" ", "-"))
def test_what_is_no_fault_of_the_line_or_the_ward_is_told_and_blames_nobody(
    judged: Lab, quiet: Quiet
) -> None:
    seen: list[str] = []
    try:
        quiet.begin(judged)
        told = wait_for(
            lambda: (
                _noted(judged, seen, lambda _now: True)
                and re.search(quiet.sign, judged.exposition(), re.MULTILINE) is not None
            ),
            quiet.within_s, LOOK_S,
        )  # fmt: skip
    finally:
        quiet.end(judged)
    assert told, f"{quiet.sign} is not told within {quiet.within_s:.0f} s: {seen}"
    assert [one for one in seen if not one.startswith(quiet.segments)] == []
    assert_well(judged)
