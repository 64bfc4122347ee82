"""An ESXi host's web services (SOAP at /sdk), as far as an account that may look walks in them.

Sessions, container views and the property collector; a property that is not simulated is an
InvalidProperty fault, another method MethodNotFound. From the vSphere Web Services API Reference.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from drills import estate
from drills.chance import octets
from drills.faces.vsphere.objects import Look, objects, reference, tags, told
from drills.model import Page
from probes.errors import ProbeError
from probes.transports.xml_tree import tree_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from drills.faces.vsphere.objects import Thing
    from drills.model import Ask, Node
    from drills.world import World

_ALL, _NOTHING = "look", "look-bare"
_COOKIE = "vmware_soap_session"
_XML = "text/xml; charset=utf-8"
_VERSIONS = ("6.5", "6.0", "5.5", "6.7", "7.0.0.0")
_MOST_OBJECTS = 1000
_MOST_SESSIONS = 64
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope '
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
)
_TAIL = "</soapenv:Body></soapenv:Envelope>"
_CONTENT = (
    reference("rootFolder", "Folder", "ha-folder-root")
    + reference("propertyCollector", "PropertyCollector", "ha-property-collector")
    + reference("viewManager", "ViewManager", "ViewManager")
    + "<about>"
    + tags(
        name="Simulated ESXi", fullName="Simulated ESXi 6.5.0 by wardops", vendor="wardops",
        version="6.5.0", build="0", osType="simulated", productLineId="embeddedEsx",
        apiType="HostAgent", apiVersion="6.5",
    )
    + "</about>"
    + reference("sessionManager", "SessionManager", "ha-sessionmgr")
)  # fmt: skip


class _Fault(Exception):
    """The service answers with a fault of this type."""

    def __init__(self, kind: str, inside: str = "") -> None:
        super().__init__(kind)
        self.kind, self.inside = kind, inside


@dataclass
class _Visit:
    """One session: who, its views by id, and what is left of long answers by token."""

    user: str
    views: dict[str, frozenset[str]] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=dict)
    made: int = 0

    def next_id(self, what: str) -> str:
        """A new name for a view or a page."""
        self.made += 1
        return f"session-{what}-{self.made}"


@dataclass
class _Desk:
    """The host's sessions by their cookies."""

    opened: int = 0
    visits: dict[str, _Visit] = field(default_factory=dict)


def account(code: str) -> str:
    """The account that sees a ward's machines, by the ward's code."""
    return f"{_ALL}-{code}"


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The host's answer, None for silence: no power, or no way there from the asker."""
    if not world.hears(asker, node.name, t):
        return None
    if request.method == "GET" and request.path == "/sdk/vimServiceVersions.xml":
        return Page(200, "text/xml", _versions().encode())
    if request.path not in ("/sdk", "/sdk/"):
        return Page(404, "text/plain", b"")
    if request.method != "POST":
        return Page(405, "text/plain", b"", (("Allow", "POST"),))
    desk = world.desks.setdefault(node.name, _Desk())
    try:
        call = _Call.of(world, node, t, request, desk)
        inside = call.answer()
    except _Fault as fault:
        kind = f"{fault.kind}Fault"
        detail = f'<{kind} xmlns="urn:vim25" xsi:type="{fault.kind}">{fault.inside}</{kind}>'
        words = tags(faultcode="ServerFaultCode", faultstring=fault.kind)
        body = f"<soapenv:Fault>{words}<detail>{detail}</detail></soapenv:Fault>"
        return Page(500, _XML, f"{_HEAD}{body}{_TAIL}".encode())
    name = f"{call.method}Response"
    body = f'<{name} xmlns="urn:vim25">{inside}</{name}>'
    headers = (("Set-Cookie", f"{_COOKIE}={call.cookie}; Path=/; HttpOnly; Secure"),)
    is_new = call.method == "Login"
    return Page(200, _XML, f"{_HEAD}{body}{_TAIL}".encode(), headers if is_new else ())


def _versions() -> str:
    told_ = "".join(f"<version>{one}</version>" for one in _VERSIONS[1:])
    inside = f"<name>urn:vim25</name><version>{_VERSIONS[0]}</version>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<namespaces version="1.0"><namespace>'
        f"{inside}<priorVersions>{told_}</priorVersions></namespace></namespaces>"
    )


@dataclass
class _Call:
    """One method that is called, with its arguments, in a session or without."""

    world: World
    host: Node
    t: float
    desk: _Desk
    method: str
    given: Element
    cookie: str

    @classmethod
    def of(cls, world: World, host: Node, t: float, request: Ask, desk: _Desk) -> _Call:
        """Read a request. Raises _Fault for what is no call."""
        try:
            root = tree_of(request.body)
        except ProbeError as error:
            raise _Fault("InvalidRequest") from error
        body = next((one for one in root if _local(one) == "Body"), None)
        if body is None or len(body) != 1:
            raise _Fault("InvalidRequest")
        told_ = request.headers.get("cookie", "").split(";")
        pairs = dict(one.strip().partition("=")[::2] for one in told_)
        cookie = pairs.get(_COOKIE, "").strip('"')
        return cls(world, host, t, desk, _local(body[0]), body[0], cookie)

    def answer(self) -> str:
        """The inside of the answer. Raises _Fault."""
        method = _METHODS.get(self.method)
        if method is None:
            raise _Fault("MethodNotFound", tags(method=self.method))
        return method(self)

    @property
    def visit(self) -> _Visit:
        """The session; NotAuthenticated without one."""
        if self.cookie not in self.desk.visits:
            raise _Fault("NotAuthenticated", tags(privilegeId="System.View"))
        return self.desk.visits[self.cookie]

    @property
    def look(self) -> Look:
        """The host as the session's account sees it."""
        user, every = self.visit.user, estate.guests(self.world)
        seen = every if user == _ALL else tuple(n for n in every if account(n.ward) == user)
        return Look(self.world, self.host, self.t, seen)

    def text(self, name: str) -> str:
        """An argument; empty where it is not given."""
        found = next((one for one in self.given if _local(one) == name), None)
        return (found.text or "") if found is not None else ""

    # -- the methods --

    def service_content(self) -> str:
        """What the service consists of; no session is needed."""
        return f"<returnval>{_CONTENT}</returnval>"

    def current_time(self) -> str:
        """What the host's clock says."""
        now = self.look.moment(self.t)
        return tags(returnval=now)

    def login(self) -> str:
        """Open a session. Raises _Fault for a wrong password."""
        user = self.text("userName")
        accounts = {_ALL, _NOTHING, *map(account, self.world.topology.codes)}
        pair = f"{user}:{self.text('password')}".encode()
        known = f"{user}:{self.world.look_password}".encode()
        if user not in accounts or not hmac.compare_digest(pair, known):
            raise _Fault("InvalidLogin")
        self.desk.opened += 1
        self.cookie = octets(8, self.world.seed, self.host.name, self.desk.opened).hex()
        if len(self.desk.visits) >= _MOST_SESSIONS:
            self.desk.visits.pop(next(iter(self.desk.visits)))
        self.desk.visits[self.cookie] = _Visit(user)
        now = Look(self.world, self.host, self.t, ()).moment(self.t)
        told_ = tags(
            key=self.cookie, userName=user, fullName=user, loginTime=now, lastActiveTime=now,
            locale="en", messageLocale="en",
        )  # fmt: skip
        return f"<returnval>{told_}</returnval>"

    def logout(self) -> str:
        """End the session."""
        if self.visit:
            del self.desk.visits[self.cookie]
        return ""

    def create_view(self) -> str:
        """A view of everything of some kinds; all kinds when none is named."""
        visit, kinds = self.visit, [one.text or "" for one in self.given if _local(one) == "type"]
        name = visit.next_id("view")
        visit.views[name] = frozenset(kinds)
        return reference("returnval", "ContainerView", name)

    def destroy_view(self) -> str:
        """Forget a view."""
        self.visit.views.pop(self.text("_this"), None)
        return ""

    def retrieve(self) -> str:
        """The properties that are asked for, of what a view holds or of single objects."""
        found = [row for one in self.given if _local(one) == "specSet" for row in self._rows(one)]
        options = next((one for one in self.given if _local(one) == "options"), None)
        most = _text(options, "maxObjects") if options is not None else ""
        size = min(int(most), _MOST_OBJECTS) if most.isdecimal() and int(most) else _MOST_OBJECTS
        return self._page(found, size)

    def go_on(self) -> str:
        """The next page of a long answer."""
        size, _, _ = self.text("token").partition(":")
        left = self.visit.pages.pop(self.text("token"), None)
        if left is None:
            raise _Fault("InvalidProperty", tags(name="token"))
        return self._page(left, int(size))

    def give_up(self) -> str:
        """Forget what is left of a long answer."""
        self.visit.pages.pop(self.text("token"), None)
        return ""

    def _page(self, rows: list[str], size: int) -> str:
        token = ""
        if len(rows) > size:
            token = f"{size}:{self.visit.next_id('page')}"
            self.visit.pages[token] = rows[size:]
        inside = (tags(token=token) if token else "") + "".join(rows[:size])
        return f"<returnval>{inside}</returnval>" if rows else ""

    def _rows(self, spec: Element) -> Iterator[str]:
        paths = {
            _text(one, "type"): [path.text or "" for path in one if _local(path) == "pathSet"]
            for one in spec
            if _local(one) == "propSet"
        }
        look = self.look
        known = objects(look)
        for kind, id_ in self._meant(spec, tuple(known)):
            if kind in paths:
                thing = known[kind, id_]
                told_ = "".join(_told(look, kind, thing, path) for path in paths[kind])
                yield f"<objects>{reference('obj', kind, id_)}{told_}</objects>"

    def _meant(
        self, spec: Element, known: tuple[tuple[str, str], ...]
    ) -> Iterator[tuple[str, str]]:
        """Kind and id of what the object specifications mean."""
        for one in (inner for inner in spec if _local(inner) == "objectSet"):
            obj = next(inner for inner in one if _local(inner) == "obj")
            kind, id_ = obj.get("type", ""), obj.text or ""
            if kind == "ContainerView":
                if id_ not in self.visit.views:
                    raise _Fault("ManagedObjectNotFound", reference("obj", kind, id_))
                kinds = self.visit.views[id_]
                yield from (at for at in known if not kinds or at[0] in kinds)
            elif (kind, id_) in known:
                yield kind, id_
            elif _text(spec, "reportMissingObjectsInResults") != "true":
                raise _Fault("ManagedObjectNotFound", reference("obj", kind, id_))


_METHODS: Mapping[str, Callable[[_Call], str]] = MappingProxyType(
    {
        "RetrieveServiceContent": _Call.service_content,
        "CurrentTime": _Call.current_time,
        "Login": _Call.login,
        "Logout": _Call.logout,
        "CreateContainerView": _Call.create_view,
        "DestroyView": _Call.destroy_view,
        "RetrievePropertiesEx": _Call.retrieve,
        "ContinueRetrievePropertiesEx": _Call.go_on,
        "CancelRetrievePropertiesEx": _Call.give_up,
    }
)


def _local(one: Element) -> str:
    """The name without what stands before it."""
    return one.tag.rpartition("}")[2].rpartition(":")[2]


def _text(one: Element, name: str) -> str:
    found = next((inner for inner in one if _local(inner) == name), None)
    return (found.text or "") if found is not None else ""


def _told(look: Look, kind: str, thing: Thing, path: str) -> str:
    try:
        value = told(look, kind, thing, path)
    except LookupError as error:
        raise _Fault("InvalidProperty", tags(name=path)) from error
    if value is None:
        return ""
    refers = f' type="{value.refers}"' if value.refers else ""
    return (
        f"<propSet><name>{escape(path)}</name>"
        f'<val{refers} xsi:type="{value.type}">{value.inside}</val></propSet>'
    )
