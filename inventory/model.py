"""What exists: wards and what hangs on them, as frozen values.

The field names are those of the YAML files, so that a message about a file can name the key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from inventory.access import (
    HttpsAccess,
    LibvirtAccess,
    SharesAccess,
    SipAccount,
    SipEntry,
    SnmpAccess,
    SshAccess,
)
from inventory.credentials import SecretRef
from inventory.machine import Acceptance, MachineCare, Quota
from inventory.parents import Parents
from inventory.values import (
    HOST_NAME,
    PIN,
    WORLD,
    Address,
    Frozen,
    HttpUrl,
    LineProfile,
    Name,
    Realm,
    Vantage,
    WardCode,
    Words,
)


class Duty(StrEnum):
    """When a silent device is a fault: always, in office hours, or around meetings."""

    ALWAYS = "always"
    OFFICE = "office"
    MEETING = "meeting"


class Role(StrEnum):
    """What a device is to its ward; the verdict asks by role."""

    CORE = "core"
    ACCESS = "access"
    CE = "ce"
    UPS = "ups"
    VC = "vc"
    VM = "vm"
    SERVER = "server"
    AP = "ap"
    OTHER = "other"


class Device(Frozen):
    """One device of a ward.

    `behind` and `uplink` name ports: `behind: "sw-1:Gi1/0/5"` says through which device (and which
    of its ports) this one is reached, `parents` takes its place where there are several. `kind` is
    a device-type name that the probes resolve. `feeds` names what a UPS gives power to. `sip` is
    where its registration can be looked up. `machine` is what people write of a machine, `accepted`
    the rules of hygiene that it may break for a while.
    """

    name: Name
    kind: str
    role: Role = Role.OTHER
    address: Address
    site: Literal["ward", "dc"] = "ward"
    behind: str | None = None
    parents: Parents | None = None
    uplink: str | None = None
    room: str | None = None
    feeds: tuple[Name, ...] = ()
    snmp: SnmpAccess | None = None
    https: HttpsAccess | None = None
    ssh: SshAccess | None = None
    libvirt: LibvirtAccess | None = None
    shares: SharesAccess | None = None
    node_exporter: HttpUrl | None = None
    sip: SipEntry | None = None
    machine: MachineCare | None = None
    accepted: tuple[Acceptance, ...] = ()
    duty: Duty | None = None
    ping: bool | None = None
    polled_by: Vantage = "hub"
    export: Literal["watched", "uplink", "all"] = "watched"

    @property
    def ways(self) -> tuple[str, ...]:
        """All that this device is reached through, as written: `NAME` or `NAME:PORT`."""
        if self.parents is not None:
            return self.parents.any or self.parents.all
        return (self.behind,) if self.behind else ()

    @property
    def above(self) -> tuple[str, ...]:
        """Names of the devices this one is reached through, each once."""
        return tuple(dict.fromkeys(way.partition(":")[0] for way in self.ways))

    @property
    def needs_all(self) -> bool:
        """Whether every one of them is needed to reach it."""
        return self.parents is not None and bool(self.parents.all)


class Link(Frozen):
    """One Metronet circuit: leaves by the ward's port `near`, through the CE `via`."""

    id: Name
    carrier: str
    circuit: str
    commit_mbps: float = Field(gt=0, allow_inf_nan=False)
    near: str
    via: Name | None = None
    role: Literal["primary", "backup"] = "primary"

    @property
    def near_device(self) -> str:
        """Device that holds the uplink port."""
        return self.near.partition(":")[0]

    @property
    def near_port(self) -> str | None:
        """ifName of the uplink port."""
        return self.near.partition(":")[2] or None


class Hop(Frozen):
    """A point of the path beyond the ward: the centre gateway or the carrier's edge."""

    address: Address


class StampReflector(Frozen):
    """A machine at one end of the line that answers STAMP packets (RFC 8762) on a UDP port."""

    address: Address
    port: int = Field(default=862, ge=1, le=65535)


class Path(Frozen):
    """The way from the ward to the data centre.

    `reflector` stands in the data centre and is asked by the ward's agent, `ward_reflector` stands
    in the ward and is asked from the data centre. `profile` is what the line must bear: its limits
    of loss, delay and delay variation.
    """

    gateway: Hop
    pe: Hop | None = None
    reflector: StampReflector | None = None
    ward_reflector: StampReflector | None = None
    profile: LineProfile = "hd-meeting"


class Resolver(Frozen):
    """A name server that answers on a UDP port."""

    address: Address
    port: int = Field(default=53, ge=1, le=65535)


class Canary(Frozen):
    """A name that every resolver must know. `expect` is a regular expression for its address."""

    name: Annotated[str, StringConstraints(pattern=HOST_NAME)]
    expect: str | None = None


class Dns(Frozen):
    """Whom the ward's machines ask for names, and by which name that is tried.

    `ward` is a resolver of the ward's own; without one its machines ask the city's.
    """

    city: Resolver
    canary: Canary
    ward: Resolver | None = None


class DocumentFlow(Frozen):
    """A test object that a document system offers: documents that are sent to and fro and deleted.

    `url` is where its documents are, `ward` and `centre` refer to the tokens of two test accounts.
    """

    url: HttpUrl
    ward: SecretRef
    centre: SecretRef


class Service(Frozen):
    """A shared service as the ward sees it. `module` says how it is checked.

    `expect` is a regular expression that the page, the port's first words or a DNS record matches.
    `family` says at which addresses it is asked; with `dual` it is asked at both kinds, apart.
    `pin` is the one certificate that is trusted, `allow_hosts` are further hosts that a page may
    redirect to. `flow` is what the flow of documents may be tried with, on demand. `meeting` says
    that a meeting room needs it: its call server, or the page of the meeting system. `sip` is what
    a SIP server may be tried with.
    """

    id: Name
    name: Words
    url: str
    module: Literal["http_2xx", "tcp_connect", "tls", "dns", "ntp", "sip"] = "http_2xx"
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None
    expect: str | None = None
    family: Literal["auto", "v4", "v6", "dual"] = "auto"
    allow_hosts: tuple[Annotated[str, StringConstraints(pattern=HOST_NAME)], ...] = ()
    flow: DocumentFlow | None = None
    sip: SipAccount | None = None
    meeting: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which it is asked: its id, and with `dual` a second one for IPv6."""
        return (self.id, f"{self.id}-v6") if self.family == "dual" else (self.id,)


class Ward(Frozen):
    """One ward, commune or special zone and everything that is polled for it.

    `agent_at` names the device that a ward agent's own machine is plugged into; the core switch
    when absent. It decides what is reached through what when that switch falls silent. `quota` is
    what the ward was given in the data centre.
    """

    schema_: Literal["wardops/inventory/1"] = Field(alias="schema")
    ward: WardCode
    links: tuple[Link, ...] = ()
    devices: tuple[Device, ...] = ()
    path: Path | None = None
    services: tuple[Service, ...] = ()
    dns: Dns | None = None
    agent_at: Name | None = None
    quota: Quota | None = None

    def device(self, name: str) -> Device | None:
        """The device of that name, or None."""
        return next((device for device in self.devices if device.name == name), None)

    def service(self, name: str) -> Service | None:
        """The service that is asked under that name, or None."""
        return next((service for service in self.services if name in service.names), None)

    @property
    def primary_link(self) -> Link | None:
        """The first primary circuit, or None for a ward without links."""
        return next((link for link in self.links if link.role == "primary"), None)

    @property
    def core(self) -> Device | None:
        """The switch that holds the uplink: named by the link, else the first of role core."""
        link = self.primary_link
        named = self.device(link.near_device) if link else None
        return named or next((d for d in self.devices if d.role is Role.CORE), None)

    @property
    def ce(self) -> Device | None:
        """The terminal device of the line: named by the link, else the first of role ce."""
        link = self.primary_link
        named = self.device(link.via) if link and link.via else None
        return named or next((d for d in self.devices if d.role is Role.CE), None)


class Unit(Frozen):
    """One of the 168 administrative units. `kind` is phường, xã or đặc khu."""

    code: WardCode
    name: str
    kind: str
    slug: str
    area: str


class Site(Frozen):
    """Facts about the whole inventory folder, from its optional `site.yaml`.

    `city` says that all 168 units must be there. `world` is where the simulated world says what is
    reachable (realms sim and drill only), as `udp://HOST:PORT`. `endpoint_protection` are services
    against malware, of which each machine should run one.
    """

    schema_: Literal["wardops/site/1"] = Field(alias="schema", default="wardops/site/1")
    realm: Realm = "live"
    vantage: Vantage | None = None
    city: bool = False
    world: Annotated[str, StringConstraints(pattern=WORLD)] | None = None
    endpoint_protection: tuple[
        Annotated[str, StringConstraints(min_length=1, max_length=80)], ...
    ] = ()


class Inventory(Frozen):
    """Everything that is polled: the wards by code, and the realm they belong to."""

    site: Site = Site(schema="wardops/site/1")
    wards: dict[WardCode, Ward]
    folder: str

    @property
    def vantage(self) -> Vantage:
        """Where the polling agent stands: as written, else ward for one ward and hub for more."""
        return self.site.vantage or ("ward" if len(self.wards) == 1 else "hub")
