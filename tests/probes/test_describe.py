"""The one JSON object of `wardops probe --json`, and which observation decides."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from inventory.language import LANGUAGES, Language
from inventory.text import cut
from probes.describe import deciding, describe, reason_text
from probes.errors import HOST_KEY_CHANGED
from probes.model import (
    Identity,
    Interface,
    Metric,
    Observation,
    Reading,
    Reason,
    Sample,
    Sensor,
    Target,
)
from probes.vc.status import VcCall, VcStatus
from probes.vm.status import Filesystem, VmStatus

TARGET = Target(ward="", name="snmp://192.0.2.1", kind="url:snmp", role="other", host="192.0.2.1")


NOTHING = Reading()


def seen(
    probe: str, reading: Reading = NOTHING, reason: Reason = Reason.OK, **more: Any
) -> Observation:
    """One observation."""
    return Observation(
        target=TARGET,
        probe=probe,
        reason=reason,
        reading=reading,
        started=datetime(2026, 11, 21, 0, 25, 1, 500_000, tzinfo=UTC),
        mono=1.0,
        took_s=0.5,
        ttl_s=75,
        **more,
    )


def described(*observations: Observation) -> dict[str, Any]:
    """The object, through JSON and back."""
    found = describe("t", observations, seconds=0.75, requests=3, language="en")
    told: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return told


def test_parts_that_do_not_apply_are_absent() -> None:
    assert described(seen("tcp")) == {
        "target": "t",
        "reason": "ok",
        "error": None,
        "started": "2026-11-21T00:25:01.500Z",
        "seconds": 0.75,
        "requests": 3,
        "samples": [],
    }


def test_a_failure_has_its_reason_and_its_sentence() -> None:
    failed = seen(
        "http",
        reason=Reason.PROTOCOL,
        detail="http_status",
        detail_values={"status": 502},
    )
    told = described(failed)
    assert (told["reason"], told["error"]) == ("protocol", "The page answers with status 502")


def test_a_switch_has_identity_interfaces_sensors_and_samples() -> None:
    metric = Metric("ifHCInOctets", "counter", "Octets in.", ("ifName",))
    reading = Reading(
        samples=(Sample(metric, 8123, ("Gi0/1",)), Sample(metric, math.nan, ("Gi0/2",))),
        identity=Identity(vendor="Cisco", os="ios", device_class="switch", model="WS-1"),
        interfaces=(Interface(index=1, name="Gi0/1", admin="up", oper="up", speed_bps=10**9),),
        sensors=(
            Sensor("temperature", "inlet", 31.5, "celsius", "inlet", "ok"),
            Sensor("fan", "f1", None, "rpm"),
        ),
    )
    told = described(seen("snmp-interfaces", reading))
    assert told["identity"] == {
        "vendor": "Cisco",
        "os": "ios",
        "class": "switch",
        "model": "WS-1",
        "version": None,
        "serial": None,
    }
    assert told["interfaces"] == [
        {
            "index": 1,
            "name": "Gi0/1",
            "descr": None,
            "alias": None,
            "type": None,
            "admin": "up",
            "oper": "up",
            "speed_bps": 1_000_000_000,
            "mac": None,
        }
    ]
    assert told["sensors"] == [
        {
            "class": "temperature",
            "name": "inlet",
            "value": 31.5,
            "unit": "celsius",
            "kind": "inlet",
            "state": "ok",
        },
        {
            "class": "fan",
            "name": "f1",
            "value": None,
            "unit": "rpm",
            "kind": "other",
            "state": None,
        },
    ]
    assert told["samples"] == [
        {"name": "ifHCInOctets", "labels": {"ifName": "Gi0/1"}, "value": 8123},
        {"name": "ifHCInOctets", "labels": {"ifName": "Gi0/2"}, "value": None},
    ]


def test_a_codec_has_its_room_and_unknown_is_null() -> None:
    vc = VcStatus(
        in_call=True,
        calls=1,
        live_calls=(VcCall(status="Connected", tx_bps=1_920_000.0),),
        peripherals=(("camera", "1", True),),
        diagnostics=(("warning", "T"),),
        has_diagnostics=True,
    )
    told = described(seen("cisco-ce", Reading(vc=vc)))["vc"]
    assert set(told) == {
        "registered",
        "in_call",
        "standby",
        "temperature_celsius",
        "peripherals",
        "calls",
        "diagnostics",
        "ringing",
        "cloud_registered",
        "media",
        "muted",
        "volume_ratio",
        "uptime_seconds",
        "clock",
        "network",
    }
    assert told["registered"] == {"sip": None, "h323": None}
    assert (told["in_call"], told["standby"]) == (True, None)
    assert told["peripherals"] == [{"kind": "camera", "name": "1", "connected": True}]
    assert told["diagnostics"] == [{"level": "warning", "type": "T"}]
    assert told["calls"][0]["status"] == "Connected"
    nothing = described(seen("cisco-ce", Reading(vc=VcStatus())))["vc"]
    assert (nothing["calls"], nothing["diagnostics"], nothing["peripherals"]) == (None, None, [])


def test_a_machine_has_its_memory_load_and_disks() -> None:
    vm = VmStatus(load1=0.5, filesystems=(Filesystem("/", 0.25, 250.0, 0.5),))
    told = described(seen("node-exporter", Reading(vm=vm)))["vm"]
    assert (told["load1"], told["memory_used_ratio"]) == (0.5, None)
    assert told["filesystems"] == [
        {"mount": "/", "avail_ratio": 0.25, "avail_bytes": 250.0, "avail_inodes_ratio": 0.5}
    ]


BAD = Reason.TIMEOUT


@pytest.mark.parametrize(
    ("observations", "probe"),
    [
        ([seen("icmp", reason=BAD), seen("snmp-identity")], "snmp-identity"),
        ([seen("icmp"), seen("snmp-identity", reason=BAD)], "snmp-identity"),
        ([seen("icmp", reason=BAD)], "icmp"),
        ([seen("a"), seen("b", reason=BAD), seen("c", reason=BAD)], "b"),
        ([seen("a"), seen("b", reason=Reason.UNSUPPORTED)], "a"),
        ([seen("a", reason=Reason.UNSUPPORTED)], "a"),
    ],
)
def test_a_device_that_answers_all_but_ping_is_good(
    observations: list[Observation], probe: str
) -> None:
    assert deciding(observations).probe == probe


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_host_key_that_changed_says_in_its_first_words_not_to_log_in(language: Language) -> None:
    shown = {"seen": "SHA256:" + "a" * 43}
    told = reason_text(Reason.CONFIG, HOST_KEY_CHANGED, shown, language)
    warning = {"vi": "KHÔNG đăng nhập", "en": "Do NOT log in"}[language]
    assert warning in cut(told, 40)
    assert len(told) <= 200  # what an audit shows of a reason
