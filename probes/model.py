"""What was seen, as values; and how probes and device types are declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from inventory.access import (
        HttpsAccess,
        SharesAccess,
        SipAccount,
        SipEntry,
        SnmpAccess,
        SshAccess,
    )
    from inventory.credentials import Secret
    from inventory.model import DocumentFlow, Duty
    from inventory.values import LineProfile, Realm
    from probes.clock import Clock
    from probes.path.model import LineBandwidth, LineMtu, LineTrace, LineWay
    from probes.path.quality import Judged
    from probes.shares.model import OpenShare
    from probes.snmp.neighbours import Neighbour
    from probes.snmp.parts import Part
    from probes.snmp.types import Oid
    from probes.snmp.ups_mib import UpsMib
    from probes.transports.model import Transports
    from probes.vc.status import CanaryCall, VcStatus
    from probes.vm.estate import Estate, Store
    from probes.vm.status import VmStatus


class Reason(StrEnum):
    """The closed set of outcomes of a probe."""

    OK = "ok"
    DNS = "dns"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    TLS_EXPIRED = "tls_expired"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_NAME = "tls_name"
    AUTH = "auth"
    FORBIDDEN = "forbidden"
    PROTOCOL = "protocol"
    PARSE = "parse"
    LIMIT = "limit"
    UNSUPPORTED = "unsupported"
    CONFIG = "config"
    PERMISSION = "permission"
    BUSY = "busy"
    BUG = "bug"


MetricType: TypeAlias = Literal["gauge", "counter", "info", "histogram"]

TTL_PERIODS = 2.5  # a value lives for so many periods of its probe


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family, declared once beside the probe that fills it.

    `labels` are the family's own label names, in order; the writer puts `ward, device` in front of
    them for device metrics. `name` is the name on the sample line (`_total`, `_info` included).
    """

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric; `labels` are the label values in the metric's order."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Distribution:
    """One series of a histogram since the start of the program.

    `bounds` hold how many values were at or below each bound, in order; `sum` is of all values.
    """

    metric: Metric
    labels: tuple[str, ...]
    bounds: tuple[tuple[float, int], ...]
    count: int
    sum: float


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says it is. None where it does not say."""

    vendor: str | None = None
    os: str | None = None
    device_class: str = "unknown"
    model: str | None = None
    version: str | None = None
    serial: str | None = None
    sys_name: str | None = None
    sys_descr: str | None = None
    sys_object_id: str | None = None


OperStatus: TypeAlias = Literal[
    "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"
]
AdminStatus: TypeAlias = Literal["up", "down", "testing", "unknown"]


@dataclass(frozen=True, slots=True)
class Interface:
    """One port. `name` is ifName, else ifDescr, else `if<index>`; speeds in bit/s, None unknown.

    `name_source` says which of the three it is: only an ifName tells a port from the others for
    good. `discontinuity_ticks` is ifCounterDiscontinuityTime, `in_errors` and `out_errors` are
    ifInErrors and ifOutErrors (RFC 2863).
    """

    index: int
    name: str
    descr: str | None = None
    alias: str | None = None
    type: int | None = None
    admin: AdminStatus | None = None
    oper: OperStatus | None = None
    speed_bps: int | None = None
    mac: str | None = None
    in_octets: int | None = None
    out_octets: int | None = None
    counter_bits: Literal[32, 64] | None = None
    name_source: Literal["ifName", "ifDescr", "ifIndex"] = "ifName"
    discontinuity_ticks: int | None = None
    in_errors: int | None = None
    out_errors: int | None = None


@dataclass(frozen=True, slots=True)
class PortVlans:
    """In which VLANs a port is, by ifName and ifDescr.

    `untagged` is the VLAN of frames without a tag, `tagged` are the VLANs that it sends with one,
    in order; None where the device does not say.
    """

    name: str
    descr: str | None = None
    untagged: int | None = None
    tagged: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """One reading of a sensor; `unit` says of what. A state without a number has value None.

    `kind` is where it sits (inlet, psu, …); `state` the verdict `ok`, `bad` or `suspect`, if any.
    """

    device_class: str
    name: str
    value: float | None
    unit: str
    kind: str = "other"
    state: str | None = None


@dataclass(frozen=True, slots=True)
class UpsStatus:
    """What a UPS says of itself; ratios 0..1, runtime in seconds, None where it does not say.

    `is_scale_fixed`: its card counts volts in another unit than its MIB says, which was repaired.
    """

    on_battery: bool | None = None
    charge_ratio: float | None = None
    runtime_s: float | None = None
    load_ratio: float | None = None
    replace_battery: bool | None = None
    is_scale_fixed: bool = False


@dataclass(frozen=True, slots=True)
class EchoStats:
    """A burst of echoes: how many were sent and lost, and each round trip in seconds."""

    sent: int
    lost: int
    rtts_s: tuple[float, ...] = ()
    method: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one probe made of one answer: samples for export and records for judging.

    Parts that the probe does not measure stay None. `complete` is False when a limit cut the
    answer; whole rows are kept. `withheld` is the detail that names a part which the account should
    read and may not; empty where there is none. `ways`
    is the line by class and direction, as one burst saw it, `grades` how good each class is, as the
    bursts so far bear out; `clock_stepped` says that a clock was set meanwhile, so that it says
    nothing of one direction. `stores` are the volumes of a device that stores files for others,
    `shares` what of them is open to everyone and not meant to be.
    """

    samples: tuple[Sample, ...] = ()
    identity: Identity | None = None
    interfaces: tuple[Interface, ...] | None = None
    sensors: tuple[Sensor, ...] = ()
    ups: UpsStatus | None = None
    vc: VcStatus | None = None
    vm: VmStatus | None = None
    estate: Estate | None = None
    echo: EchoStats | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    uptime_ticks: int | None = None
    complete: bool = True
    withheld: str = ""
    method: str = ""
    engine_boots: int | None = None
    engine_time_s: int | None = None
    distributions: tuple[Distribution, ...] = ()
    ways: tuple[LineWay, ...] = ()
    grades: tuple[Judged, ...] = ()
    mtu: LineMtu | None = None
    trace: LineTrace | None = None
    bandwidth: tuple[LineBandwidth, ...] = ()
    call: CanaryCall | None = None
    clock_stepped: bool = False
    vlans: tuple[PortVlans, ...] | None = None
    stores: tuple[Store, ...] | None = None
    shares: tuple[OpenShare, ...] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is asked over the network: a device, the centre gateway, or a service.

    `name` is the device's name or the service's id; `host` is an address or a host name as text.
    `folder` is where relative `file:` references and CA files start from. `vantage` is where the
    asking agent stands (`ward` or `hub`), a label of path, reachability and service series. `ca`,
    `pin`, `insecure` are for `url`; a device's own HTTPS API has them in `https`. `peers` are names
    and addresses of the ward's devices. `expect` is a regular expression for a service's answer,
    `family` the only addresses it is asked at (4 or 6; None: any), `allow_hosts` are further hosts
    that it may redirect to, `flow` is a test object for documents, `sip` a test account and room,
    `sip_entry` where a registrar tells of this device, `shares` by what it may be asked for shares
    that are open to everyone. `profile` is what a line is used for.
    """

    ward: str
    name: str
    kind: str
    role: str
    host: str
    snmp: SnmpAccess | None = None
    https: HttpsAccess | None = None
    ssh: SshAccess | None = None
    url: str | None = None
    ca: str | None = None
    uplink: str | None = None
    watched: tuple[str, ...] = ()
    export: str = "watched"
    duty: Duty | None = None
    ping: bool = True
    realm: Realm = "live"
    folder: str = "."
    vantage: str = "ward"
    pin: str | None = None
    insecure: bool = False
    expect: str | None = None
    family: Literal[4, 6] | None = None
    allow_hosts: tuple[str, ...] = ()
    flow: DocumentFlow | None = None
    sip: SipAccount | None = None
    sip_entry: SipEntry | None = None
    shares: SharesAccess | None = None
    profile: LineProfile = "hd-meeting"
    peers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Memory:
    """What one probe keeps of one target from run to run; None at the first, and for a lone run."""

    kept: object = None


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """What a probe is given beside its target. `deadline` is in the clock's monotonic seconds.

    `note` takes one line for `--debug` (what was asked, what came); it never gets a secret.
    """

    clock: Clock
    deadline: float
    transports: Transports
    secret: Callable[[str], Secret]
    note: Callable[[str], None] = lambda _line: None
    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, slots=True)
class Probe:
    """How one thing is asked, by a rhythm in seconds; `run` raises a ProbeError leaf or returns.

    One that is `on_demand` disturbs what it measures: it is never planned, a person starts it.
    `silence` is the detail of a run that its deadline cut, where there is more to say than that.
    Two runs of one target start at least `apart_s` seconds apart, also where haste is asked for.
    One that asks somebody else about the target, or tries an account, is no proof (`is_proof`) of
    whether the target is there.
    """

    name: str
    period_s: float
    timeout_s: float
    run: Callable[[Target, ProbeContext], Awaitable[Reading]]
    metrics: tuple[Metric, ...] = ()
    on_demand: bool = False
    silence: str = ""
    apart_s: float = 0.0
    is_proof: bool = True

    @property
    def ttl_s(self) -> float:
        """How long a value counts as live: one missed poll never blanks a series, two do."""
        return TTL_PERIODS * self.period_s


@dataclass(frozen=True, slots=True)
class DeviceType:
    """One kind of device as data: who makes it, what it is, which probes ask it.

    `probes` are names of `probes.registry.probes()`; those whose access the inventory does not
    give (no `snmp:`, no `https:`) are left out for that device. `health` are the vendor's own parts
    beside the common ones; `family_health` gives those that stand below the device's sysObjectID.
    `ups` is a vendor's UPS MIB. `unverified` names what no recording proves.
    """

    kind: str
    vendor: str
    device_class: str
    probes: tuple[str, ...]
    duty: Literal["always", "office", "meeting"] = "always"
    unverified: tuple[str, ...] = ()
    health: tuple[Part, ...] = ()
    family_health: Callable[[Oid], tuple[Part, ...]] | None = None
    ups: UpsMib | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One run of one probe on one target.

    `started` is UTC wall time for people, `mono` the clock's monotonic seconds when it ended, for
    ages. A failed run has an empty reading, but for samples that hold all the same. `is_proof` is
    that of the probe.
    """

    target: Target
    probe: str
    reason: Reason
    reading: Reading
    started: datetime
    mono: float
    took_s: float
    ttl_s: float
    detail: str = ""
    detail_values: Mapping[str, object] = field(default_factory=dict)
    is_proof: bool = True

    @property
    def ok(self) -> bool:
        """Whether the probe measured what it wanted."""
        return self.reason is Reason.OK

    @property
    def is_partial(self) -> bool:
        """Whether it measured all but a part that its account may not read."""
        return self.reason is Reason.FORBIDDEN and bool(self.reading.withheld)

    @property
    def tells(self) -> bool:
        """Whether what is in its reading counts: all was measured, or all but a part."""
        return self.ok or self.is_partial
