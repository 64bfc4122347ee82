"""Devices, their values and ports, and shared services, as a client reads them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.wire.base import DeviceState, Power, Stamp, State, Text, Wire


class Observation(Wire):
    """One value as a probe saw it; its freshness is the reader's to compute from `ts`, `ttl_s`."""

    value: float | None
    unit: str = ""
    state: State
    ts: Stamp
    ttl_s: float
    source: str
    method: str = ""
    reason: str
    replayed: bool = False


class Device(Wire):
    """A device in a list; `data_age_s` is null when there was no good result yet.

    `insecure` says that its certificate is not checked: whoever answers in its place is believed.
    `power` is what the hypervisor `power_by` says now of a machine on it, null when none does.
    """

    name: str
    ward: str
    kind: str
    device_class: str = Field(alias="class")
    role: str
    state: DeviceState
    state_type: Literal["soft", "hard"]
    since: Stamp | None
    attempt: int = 0
    max_attempts: int = 0
    parents: tuple[str, ...] = ()
    held_by: str | None = None
    on_duty: bool = True
    reachable: bool | None = None
    data_age_s: float | None = None
    vendor: str | None = None
    model: str | None = None
    os: str | None = None
    version: str | None = None
    insecure: bool = False
    power: Power | None = None
    power_by: str | None = None


class SlowedProbe(Wire):
    """A probe that is asked `factor` times less often, since a run took `longest_s` seconds."""

    probe: str
    factor: int
    period_s: float
    longest_s: float


class DeviceDetail(Device):
    """A device with what is known of it.

    `facts` holds its newest live values by name; `wardops_vc_registered{sip}` where one label is.
    """

    facts: dict[str, Observation] = Field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    slowed: tuple[SlowedProbe, ...] = ()


class Interface(Wire):
    """A port; what is not known is null."""

    port_id: str
    if_index: int = Field(alias="ifIndex")
    if_name: str = Field(alias="ifName")
    if_descr: str | None = Field(alias="ifDescr", default=None)
    if_alias: str | None = Field(alias="ifAlias", default=None)
    admin: str | None = None
    oper: str | None = None
    speed_bps: int | None = None
    in_bps: float | None = None
    out_bps: float | None = None
    in_err_rate: float | None = None
    rate_trusted: bool | None = None
    poe_w: float | None = None
    neighbor: str | None = None
    uplink: bool = False


class Service(Wire):
    """A shared service as this agent sees it; one checked at both kinds of address comes twice.

    `finding` says what is told beside its state: `ipv6_broken` when it fails at IPv6 alone, so that
    visitors who prefer that wait, while the service is up.
    """

    id: str
    ward: str
    name: Text
    module: str
    state: DeviceState
    since: Stamp | None
    reason: str | None = None
    took_s: float | None = None
    data_age_s: float | None = None
    finding: Literal["ipv6_broken"] | None = None
