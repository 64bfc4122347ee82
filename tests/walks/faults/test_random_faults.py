"""Random faults at random moments on wards of several kinds: never the wrong side of the border."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.walks.faults.variants import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable

IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
EXAMPLES = 600 if IS_SOAK else 12
NODES = (
    "core", "access", "ce", "ups", "ap", "vc", "vm", "pe-1", "gateway", "dc-sw", "reflector",
    "resolver",
)  # fmt: skip
CABLES = (
    "ce:lan", "ce:wan", "access:24", "host:eth0", "vc:eth0", "ap:eth0", "ups:eth0",
    "gateway:pe-1", "gateway:dc",
)  # fmt: skip
LOSSY = ("ce:lan", "ce:wan", "access:24", "host:eth0", "gateway:pe-1")
PORTS = ("switch:uplink", "access:24", "ce:wan", "ce:lan", "access:22")
DEVICES = ("core", "ce", "access")
FAULTS = st.one_of(
    st.tuples(st.just("power_off"), st.sampled_from(NODES), st.just({})),
    st.tuples(st.just("cable_cut"), st.sampled_from(CABLES), st.just({})),
    st.tuples(st.just("if_admin_down"), st.sampled_from(PORTS), st.just({})),
    st.tuples(
        st.just("path_loss"),
        st.sampled_from(LOSSY),
        st.sampled_from((0.05, 0.3, 0.6, 0.9, 1.0)).map(lambda loss: {"loss": loss}),
    ),
    st.tuples(
        st.just("path_latency"),
        st.sampled_from(LOSSY),
        st.sampled_from((80.0, 900.0, 2500.0)).map(lambda ms: {"ms": ms}),
    ),
    st.tuples(st.just("ce_mute"), st.sampled_from((*DEVICES, "gateway")), st.just({})),
    st.tuples(st.sampled_from(("snmp_silent", "snmp_slow")), st.sampled_from(DEVICES), st.just({})),
    st.tuples(st.just("mains_off"), st.just("ward"), st.sampled_from(({}, {"runtime_s": 20.0}))),
    st.tuples(st.just("service_stopped"), st.sampled_from(("tthc", "hop")), st.just({})),
    st.tuples(st.just("vlan_wrong_access"), st.sampled_from((*PORTS, "host:eth0")), st.just({})),
    st.tuples(st.just("converter_dead"), st.sampled_from(CABLES[:3]), st.just({})),
    st.tuples(
        st.just("one_way_loss"),
        st.sampled_from((*LOSSY, "pe-1:26740", "pe-1:core", "switch:uplink")),
        st.sampled_from((0.1, 0.3, 0.6, 0.9, 1.0)).map(lambda loss: {"loss": loss}),
    ),
    st.tuples(
        st.just("sfp_dirty"),
        st.sampled_from(("switch:uplink", "ce:lan", "ce:wan", "access:24")),
        st.sampled_from((0.05, 0.2, 0.5)).map(lambda ratio: {"ratio": ratio}),
    ),
    st.tuples(
        st.just("line_full"),
        st.just("ward"),
        st.sampled_from((0.95, 1.2, 3.0)).map(lambda load: {"load": load}),
    ),
    st.tuples(
        st.sampled_from(("one_way_delay", "one_way_jitter")),
        st.sampled_from((*LOSSY, "pe-1:26740", "pe-1:core", "switch:uplink", "reflector:eth0")),
        st.sampled_from((60.0, 200.0, 900.0)).map(lambda ms: {"ms": ms}),
    ),
    st.tuples(
        st.just("dns_wrong"),
        st.sampled_from(("ce", "resolver")),
        st.sampled_from(("wrong", "failing", "unknown")).map(lambda said: {"answer": said}),
    ),
    st.tuples(st.just("ntp_off"), st.just("time-server"), st.just({})),
    st.tuples(st.just("mtu_hole"), st.sampled_from(("ce:wan", "gateway:pe-1")), st.just({})),
    st.tuples(st.just("loop_storm"), st.sampled_from(("core", "access")), st.just({})),
)
WAITS = st.sampled_from((0.0, 0.5, 2.0, 3.5, 5.0, 8.0, 17.0, 35.0))
STEPS = st.tuples(WAITS, st.one_of(FAULTS, FAULTS, FAULTS, st.none()))
SCRIPTS = st.lists(STEPS, min_size=2, max_size=5)
KINDS_OF_WARD = st.sets(st.sampled_from(sorted(VARIANTS)), max_size=3)


@pytest.mark.timeout(3000 if IS_SOAK else 180)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=not IS_SOAK,
    suppress_health_check=list(HealthCheck),
)
@given(script=SCRIPTS, seed=st.integers(1, 3), ward=KINDS_OF_WARD)
def test_no_mix_of_faults_is_blamed_on_the_wrong_side(
    look: Callable[..., Any], script: list[tuple[float, Any]], seed: int, ward: set[str]
) -> None:
    variants = [name for name in VARIANTS if name in ward]
    looked = look([*script, (40.0, None), (40.0, None)], seed, variants)
    assert looked.wrong == [], looked.shown
