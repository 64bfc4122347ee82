"""Talks SOAP with a vSphere service: pyVmomi writes and reads, the agent's own HTTPS carries.

pyVmomi's own connection blocks and believes every certificate unless told otherwise, so it is not
used. A method of a managed object brings an awaitable here; its attributes, each of which would
cost a question, cannot be read at all.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers.expat import ExpatError

from probes.errors import (
    AuthFailed,
    Busy,
    Forbidden,
    NotConfigured,
    ParseFailed,
    ProbeError,
    ProtocolBroken,
    Unsupported,
)
from probes.transports.status import check_status
from probes.transports.xml_tree import refuse_unsafe, tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.transports.model import HttpAnswer, HttpClient, HttpRequest

MAX_BYTES = 16_000_000  # a page of machines with all that is plugged into them
_SMALL = 100_000  # octets that are read faster than a thread is found for them
_PATH = "/sdk"
_COOKIE = "vmware_soap_session"
_VERSIONS = 20_000
# The oldest come first: what is read here stands in all, and old words are known to every library.
_SPOKEN = ("6.5", "6.0", "5.5", "6.7", "7.0.0.0", "8.0.0.0")
_FAULTS: Mapping[str, tuple[type[ProbeError], str]] = {
    "InvalidLogin": (AuthFailed, ""),
    "PasswordExpired": (AuthFailed, "vsphere_password_expired"),
    "NoPermission": (Forbidden, "vsphere_no_rights"),
    "MethodNotFound": (Unsupported, ""),
    "NotImplemented": (Unsupported, ""),
    "NotSupported": (Unsupported, ""),
    "HostNotConnected": (Busy, ""),
}
_UNREADABLE = (ExpatError, LookupError, TypeError, ValueError, AttributeError)


class SessionOver(AuthFailed):
    """The service does not know the session any more, or what was made in it."""


class Words(NamedTuple):
    """pyVmomi's types, imported with the first question: the library is optional."""

    vim: Any
    collector: Any
    stub: Any
    reader: Any
    versions: Mapping[str, str]


def words() -> Words:
    """pyVmomi. Raises NotConfigured where it is not installed."""
    try:
        from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl  # noqa: PLC0415 - optional
    except ImportError as error:
        raise NotConfigured("vsphere_missing") from error
    return Words(
        vim,
        vmodl.query.PropertyCollector,
        SoapAdapter.SoapStubAdapterBase,
        SoapAdapter.SoapResponseDeserializer,
        VmomiSupport.versionMap,
    )


class Soap:
    """One service and what it told to bring along; `until` (loop time) is the present deadline."""

    def __init__(self, known: Words, http: HttpClient, base: HttpRequest, until: float) -> None:
        self.words, self.until = known, until
        self.cookie = ""
        self._http, self._base = http, base

    async def service(self) -> Any:
        """The service's managed object `ServiceInstance`, in a version that it speaks.

        Raises Unsupported when there is none that pyVmomi knows, and what the client raises.
        """
        spoken = await self._spoken()
        version = next((one for one in _SPOKEN if spoken is None or one in spoken), None)
        name = None if version is None else self.words.versions.get(f"vim25/{version}")
        if name is None:
            raise Unsupported("vsphere_version")
        return self.words.vim.ServiceInstance("ServiceInstance", self._stub(name))

    async def _spoken(self) -> frozenset[str] | None:
        """The versions that the service lists; None where it lists none that can be read."""
        url = f"{self._base.url}{_PATH}/vimServiceVersions.xml"
        request = replace(self._base, url=url, max_bytes=_VERSIONS)
        answer = await self._http.send(request, deadline=self.until)
        try:
            check_status(answer)
            tree = tree_of(answer.body, answer.content_type)
        except (ProtocolBroken, ParseFailed):
            return None
        return frozenset(one.text or "" for one in tree.iter("version")) or None

    def _stub(self, version: str) -> Any:
        soap = self

        class Stub(self.words.stub):  # type: ignore[name-defined,misc]  # known at run time alone
            """What pyVmomi's managed objects call."""

            requestContext: Mapping[str, str] = {}  # noqa: N815 - pyVmomi's, never written

            def InvokeMethod(self, mo: Any, info: Any, args: Any) -> Any:  # noqa: N802 - pyVmomi's
                """An awaitable of the method's result."""
                body = self.SerializeRequest(mo, info, args)
                return soap.ask(self, info, body)

            def InvokeAccessor(self, _mo: Any, info: Any) -> Any:  # noqa: N802 - pyVmomi's
                """Refuse: each attribute would be a question of its own."""
                raise AttributeError(info.name)

        return Stub(version)

    async def ask(self, stub: Any, info: Any, body: bytes) -> Any:
        """Send one call and read its result.

        Raises SessionOver, what the service's fault stands for, ParseFailed and ProtocolBroken for
        what cannot be read, and what the client raises.
        """
        answer = await self._http.send(self._request(stub, info, body), deadline=self.until)
        if answer.status not in {200, 500}:  # 500: a fault, which the body tells
            check_status(answer)
        refuse_unsafe(answer.body, answer.content_type)
        name = f"{info.wsdlName}Response".encode()
        if name not in answer.body and (answer.status == 200 or b"Fault" not in answer.body):
            raise ProtocolBroken("not_vsphere")
        told = await self._read(stub, info, answer)
        if answer.status == 200:
            return told
        raise problem_of(told)

    def _request(self, stub: Any, info: Any, body: bytes) -> HttpRequest:
        return replace(
            self._base,
            url=f"{self._base.url}{_PATH}",
            method="POST",
            body=body,
            headers=(
                ("Content-Type", "text/xml; charset=utf-8"),
                ("SOAPAction", stub.versionId),
                *([("Cookie", f"{_COOKIE}={self.cookie}")] if self.cookie else []),
            ),
            max_bytes=MAX_BYTES,
            repeatable=info.wsdlName != "Login",
            heard=self._hear,
        )

    def _hear(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Keep the session's cookie as it comes, before the body, which may never come."""
        for name, value in headers:
            key, _, told = value.partition(";")[0].partition("=")
            if name == "set-cookie" and key.strip() == _COOKIE and told.isprintable():
                self.cookie = told.strip()

    async def _read(self, stub: Any, info: Any, answer: HttpAnswer) -> Any:
        """What the answer says; a long one is read beside the loop. Raises ParseFailed."""

        def read() -> Any:
            # As a file: given as octets, what is cut in the middle would pass for whole.
            return self.words.reader(stub).Deserialize(io.BytesIO(answer.body), info.result)

        try:
            return read() if len(answer.body) < _SMALL else await asyncio.to_thread(read)
        except ExpatError as error:
            raise ParseFailed("xml", line=error.lineno) from error
        except _UNREADABLE as error:
            raise ParseFailed("vsphere_answer", problem=type(error).__name__) from error


def problem_of(fault: Any) -> ProbeError:
    """The error that a fault stands for, by its name or that of a kind above it.

    `ManagedObjectNotFound` is of our own view, which the service drops with the session.
    """
    names = [kind.__name__.rpartition(".")[2] for kind in type(fault).__mro__]
    if names[0] in {"NotAuthenticated", "ManagedObjectNotFound"}:
        return SessionOver("vsphere_session")
    for name in names:
        if name in _FAULTS:
            kind, detail = _FAULTS[name]
            return kind(detail)
    return ProtocolBroken("vsphere", fault=names[0][:64])
