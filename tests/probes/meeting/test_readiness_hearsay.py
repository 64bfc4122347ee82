"""What a registrar says of a device, or to a test account, proves neither device nor service."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inventory.model import Ward
from probes.meeting.readiness import readiness_of
from probes.meeting.readiness_model import Beside, Scene
from probes.meeting.readiness_sight import answers
from probes.model import Observation, Reading, Reason, Target

AT = datetime(2026, 1, 5, 1, tzinfo=UTC)
WARD = Ward.model_validate(
    {
        "schema": "wardops/inventory/1",
        "ward": "26740",
        "services": [
            {"id": "hop", "name": {"vi": "Họp", "en": "Meeting"}, "module": "sip", "url": "sip://h"}
        ],
    }
)
HOP = Target("26740", "hop", "service:sip", "service", "h", url="sip://h")
VC = Target("26740", "vc", "clickshare", "vc", "192.0.2.30")


def run(target: Target, probe: str, reason: Reason, age_s: float, *, is_proof: bool) -> Observation:
    """One run, some seconds ago."""
    return Observation(
        target, probe, reason, Reading(), AT, 1000 - age_s, 0.1, 150.0, is_proof=is_proof
    )


def scene(*runs: Observation) -> Scene:
    """A ward of which this has been seen."""
    seen: dict[str, tuple[Observation, ...]] = {}
    for one in runs:
        seen[one.target.name] = (*seen.get(one.target.name, ()), one)
    return Scene(
        ward=WARD, room="A", targets={"hop": HOP, "vc": VC}, seen=seen, now=AT, mono=1000.0,
        meeting=None, beside=Beside(),
    )  # fmt: skip


@pytest.mark.parametrize("age_s", [1, 50])
def test_a_refused_test_account_is_no_fault_of_the_call_server(age_s: float) -> None:
    found = readiness_of(
        scene(
            run(HOP, "sip-options", Reason.OK, 20, is_proof=True),
            run(HOP, "sip-registration", Reason.AUTH, age_s, is_proof=False),
        )
    )
    item = found.item("services")
    assert item is not None
    assert item.state == "ok"


def test_a_registration_that_lives_does_not_prove_that_its_endpoint_is_on() -> None:
    heard = run(VC, "sip-lookup", Reason.OK, 1, is_proof=False)
    assert answers(scene(heard), "vc") is None
    assert answers(scene(heard, run(VC, "icmp", Reason.TIMEOUT, 5, is_proof=True)), "vc") is False
