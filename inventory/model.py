"""What exists: wards and what hangs on them, as frozen values.

The field names are those of the YAML files, so that a message about a file can name the key.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from inventory.credentials import SecretRef
from inventory.machine import Acceptance, MachineCare
from inventory.parents import Parents


def _written(value: object) -> object:
    """Refuse numbers where an address is meant: `ipaddress` would read 10 as 0.0.0.10."""
    if isinstance(value, int | bytes):
        kind = "ip_any_address"
        raise PydanticCustomError(kind, "an address is written as text")
    return value


# Named so that the sentence about a wrong value can be found by its pattern.
WARD_CODE = r"^\d{5}$"
NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
HOST_NAME = r"^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$"
HTTP_URL = r"^https?://[^\s/?#]+[^\s]*$"
TEST_URI = r"^sip:[A-Za-z0-9._~!$&'*+=%-]{1,64}@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$"
SIP_ADDRESS = r"^[A-Za-z0-9._~+-]{1,64}@[A-Za-z0-9.-]{1,253}$"
PIN = r"^sha256:[0-9a-f]{64}$"
HOST_KEY = r"^SHA256:[A-Za-z0-9+/]{43}$"
WORLD = r"^udp://[0-9.]+:\d+$"

Address: TypeAlias = Annotated[IPv4Address | IPv6Address, BeforeValidator(_written)]
Realm: TypeAlias = Literal["live", "drill", "sim"]
Vantage: TypeAlias = Literal["ward", "hub"]
LineProfile: TypeAlias = Literal["hd-meeting", "telepresence", "audio-only"]
WardCode: TypeAlias = Annotated[str, StringConstraints(pattern=WARD_CODE)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=NAME)]
HttpUrl: TypeAlias = Annotated[str, StringConstraints(pattern=HTTP_URL)]


class Frozen(BaseModel):
    """Base of every value that is read from a file: unknown keys are errors, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Frozen):
    """A text that people read, in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)


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


class SnmpAccess(Frozen):
    """How a device is asked by SNMP. `auth` refers to the community or to the v3 user's YAML.

    Without `version`, YAML with a `user` means 3 and anything else 2c. `context` is the v3 context
    name. `accept_source` are further addresses that the device may answer from.
    """

    auth: SecretRef
    version: Literal["1", "2c", "3"] = "2c"
    port: int = Field(default=161, ge=1, le=65535)
    engine: Literal["auto", "fast", "pysnmp"] = "auto"
    context: Annotated[str, StringConstraints(max_length=32)] = ""
    accept_source: tuple[Address, ...] = ()
    quirks: frozenset[Literal["getnext-broken"]] = frozenset()


class HttpsAccess(Frozen):
    """How a device's HTTPS API is asked. `auth` refers to YAML with `user` and `password`."""

    auth: SecretRef
    port: int = Field(default=443, ge=1, le=65535)
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None
    insecure: bool = False


class SshAccess(Frozen):
    """How a device is asked over SSH. `auth` refers to YAML with `user` and `password`.

    `host_key` is the fingerprint of the device's own key, as `ssh-keygen -lf` shows it. Without one
    nobody logs in: the fingerprint is shown, and a person writes it here. With `sudo` a machine is
    asked by `sudo -n` for what root alone may read.
    """

    auth: SecretRef
    port: int = Field(default=22, ge=1, le=65535)
    host_key: Annotated[str, StringConstraints(pattern=HOST_KEY)] | None = None
    sudo: bool = False


class LibvirtAccess(Frozen):
    """How a host of virtual machines is asked: libvirt over the machine's own ssh, read-only.

    `user` logs in with the key of the user who runs wardops, and the host's key must stand in that
    user's known_hosts. `driver` is the hypervisor behind libvirt.
    """

    user: Name
    port: int = Field(default=22, ge=1, le=65535)
    driver: Literal["qemu", "lxc", "xen"] = "qemu"


class SipEntry(Frozen):
    """Where a SIP registrar says whether a device is registered.

    `address` is the device's address-of-record (`USER@DOMAIN`), `lookup` the registrar's JSON-RPC
    over HTTP, which is asked and never told anything. `ca` and `pin` say whom it is believed to be.
    """

    address: Annotated[str, StringConstraints(pattern=SIP_ADDRESS)]
    lookup: HttpUrl
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None


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


class SipAccount(Frozen):
    """What a SIP service may be tried with: an account of its own for tests, a room for test calls.

    `auth` refers to YAML with `user` and `password`; with it the account is registered every minute
    and taken back at once. `domain` is that of its address where it is not the server's own name.
    `test_uri` is the one room that a test call may go to.
    """

    auth: SecretRef | None = None
    domain: Annotated[str, StringConstraints(pattern=HOST_NAME)] | None = None
    test_uri: Annotated[str, StringConstraints(pattern=TEST_URI)] | None = None


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
    when absent. It decides what is reached through what when that switch falls silent.
    """

    schema_: Literal["wardops/inventory/1"] = Field(alias="schema")
    ward: WardCode
    links: tuple[Link, ...] = ()
    devices: tuple[Device, ...] = ()
    path: Path | None = None
    services: tuple[Service, ...] = ()
    dns: Dns | None = None
    agent_at: Name | None = None

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
    reachable (realms sim and drill only), as `udp://HOST:PORT`.
    """

    schema_: Literal["wardops/site/1"] = Field(alias="schema", default="wardops/site/1")
    realm: Realm = "live"
    vantage: Vantage | None = None
    city: bool = False
    world: Annotated[str, StringConstraints(pattern=WORLD)] | None = None


class Inventory(Frozen):
    """Everything that is polled: the wards by code, and the realm they belong to."""

    site: Site = Site(schema="wardops/site/1")
    wards: dict[WardCode, Ward]
    folder: str

    @property
    def vantage(self) -> Vantage:
        """Where the polling agent stands: as written, else ward for one ward and hub for more."""
        return self.site.vantage or ("ward" if len(self.wards) == 1 else "hub")
