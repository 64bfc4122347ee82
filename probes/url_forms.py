"""What a URL on the command line names: a target that stands in no inventory."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import ValidationError

from inventory.access import HttpsAccess, SipAccount, SnmpAccess, SshAccess
from inventory.errors import InputError
from probes.errors import NotConfigured
from probes.model import Target
from probes.path.bandwidth import server_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SNMP_WORDS = ("version", "context", "engine")
_PIN = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one command line asks: a target and the names of the probes that ask it.

    `target.snmp` and `target.https` hold the first of several credentials; `others` are the same
    target with each of the rest.
    """

    target: Target
    probes: tuple[str, ...]
    others: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """One URL form: the probes it means, and how its parts become a target."""

    probes: tuple[str, ...]
    target: Callable[[SplitResult, Target, str | None], Target]
    needs_auth: bool = False
    example: str = ""


# Forms of the public surface that this version does not have yet.
_LATER = frozenset(("cli+ssh", "h323"))


def is_url(text: str) -> bool:
    """Whether the words name a URL; else they name a device of the inventory."""
    return "://" in text or text.startswith("libvirt:")


def parse_target(
    text: str, auth: Sequence[str] = (), *, pin: str | None = None, insecure: bool = False
) -> Asked:
    """Read a URL form of `wardops probe` with its credential references.

    `auth` are references as in the inventory (`env:`, `file:`, `systemd:`). Raises InputError, one
    line: not a form, not in this version, no host, bad port, missing or malformed `--auth`.
    """
    scheme = text.partition(":")[0].lower()
    if scheme in _LATER:
        raise InputError("probe.url_later", scheme=scheme, forms=_known())
    if scheme == "libvirt":
        return Asked(_libvirt(text), ("libvirt",))
    form = _FORMS.get(scheme)
    if form is None:
        raise InputError("probe.url_scheme", url=_masked(text), forms=_known())
    parts = _split(text, form)
    if form.needs_auth and not auth:
        raise InputError("probe.auth_missing", url=_masked(text))
    host = parts.hostname or ""
    plain = Target(ward="", name=_masked(text), kind=f"url:{scheme}", role="other", host=host)
    built = [form.target(parts, plain, ref) for ref in auth or (None,)]
    first, *others = (with_trust(target, pin=pin, insecure=insecure) for target in built)
    return Asked(first, form.probes, tuple(others))


def _known() -> str:
    return ", ".join(sorted({*_FORMS, "libvirt"}))


def with_trust(target: Target, *, pin: str | None, insecure: bool) -> Target:
    """The target asked with another trust: a pinned certificate, or none checked at all.

    Raises InputError for a pin that is not `sha256:` and 64 hexadecimal digits.
    """
    if not pin and not insecure:
        return target
    if pin and not _PIN.fullmatch(pin):
        raise InputError("probe.bad_pin", value=pin)
    if target.https is not None:
        https = target.https.model_copy(update={"pin": pin, "insecure": insecure})
        target = replace(target, https=https)
    return replace(target, pin=pin, insecure=insecure)


def with_auth(target: Target, ref: str) -> Target:
    """The target asked with another credential; InputError when `ref` is no reference."""
    if target.snmp is not None:
        snmp = _checked(SnmpAccess, target.snmp.model_dump(exclude_unset=True) | {"auth": ref})
        target = replace(target, snmp=snmp)
    if target.https is not None:
        https = _checked(HttpsAccess, target.https.model_dump() | {"auth": ref})
        target = replace(target, https=https)
    if target.sip is not None:
        sip = _checked(SipAccount, target.sip.model_dump() | {"auth": ref})
        target = replace(target, sip=sip)
    if target.ssh is not None:
        ssh = _checked(SshAccess, target.ssh.model_dump() | {"auth": ref})
        target = replace(target, ssh=ssh)
    return target


def _split(text: str, form: _Form) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise InputError("probe.url_bad", url=_masked(text), example=form.example) from error
    if not parts.hostname or any(character.isspace() for character in text):
        raise InputError("probe.url_bad", url=_masked(text), example=form.example)
    return parts


def _libvirt(text: str) -> Target:
    """Libvirt's own URI stands behind the first colon; one without a host means this machine."""
    uri = text.partition(":")[2]
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "localhost", parts.port
    except ValueError as error:
        raise InputError("probe.url_bad", url=_masked(text), example=_LIBVIRT) from error
    if not parts.scheme or "://" not in uri or any(character.isspace() for character in uri):
        raise InputError("probe.url_bad", url=_masked(text), example=_LIBVIRT)
    return Target(ward="", name=_masked(text), kind="url:libvirt", role="other", host=host, url=uri)


def _masked(text: str) -> str:
    """The URL without user and password, for messages."""
    head, mark, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{head}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def _checked(model: type[Any], settings: Mapping[str, Any]) -> Any:
    try:
        return model(**settings)
    except ValidationError as error:
        key = str(error.errors(include_input=False)[0]["loc"][0])
        # A word that is no reference may be the secret itself: it is not repeated, nor chained.
        values = {} if key == "auth" else {"value": settings[key]}
        raise InputError(f"probe.bad_{key}", **values) from None


def _snmp(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    settings = {"auth": ref, "port": _port(parts, 161)}
    # Without a version, the secret implies it: YAML with a user is v3.
    settings |= {key: told[0] for key, told in parse_qs(parts.query).items() if key in _SNMP_WORDS}
    return replace(plain, snmp=_checked(SnmpAccess, settings))


def _port(parts: SplitResult, default: int) -> int:
    return default if parts.port is None else parts.port


def _cisco(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    settings = {"auth": ref, "port": _port(parts, 443)}
    return replace(plain, https=_checked(HttpsAccess, settings))


def _cisco_ssh(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    # A fingerprint may hold a plus sign, which the usual reading of a query takes for a blank.
    word, _, key = parts.query.partition("=")
    settings: dict[str, Any] = {"auth": ref, "port": _port(parts, 22)}
    if word == "host_key" and key:
        settings["host_key"] = unquote(key)
    return replace(plain, ssh=_checked(SshAccess, settings))


def _web(parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    return replace(plain, url=parts.geturl())


def _exporter(parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    inner = parts._replace(
        scheme=parts.scheme.rpartition("+")[2], path=parts.path.rstrip("/") or "/metrics"
    )
    return replace(plain, url=inner.geturl())


def _address(_parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    try:
        ip_address(plain.host)
    except ValueError:
        raise InputError("probe.icmp_address", host=plain.host, url=plain.name) from None
    return plain


def _reflector(parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    try:
        ip_address(plain.host)
    except ValueError:
        raise InputError("probe.stamp_address", host=plain.host, url=plain.name) from None
    return replace(plain, url=parts.geturl())


def _iperf3(parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    try:
        server_of(parts.geturl())
    except NotConfigured:
        raise InputError("probe.bandwidth_rate", url=plain.name, example=_IPERF3) from None
    return replace(plain, url=parts.geturl())


def _port_url(parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    if parts.port is None:
        raise InputError("probe.url_bad", url=plain.name, example="tcp://192.0.2.10:443")
    return replace(plain, url=parts.geturl())


def _registrar(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    account = _checked(SipAccount, {"auth": ref, **_sip_words(parts)})
    return replace(plain, url=_sip_server(parts), sip=account)


def _test_room(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    room = f"sip:{parts.username or ''}@{parts.netloc.rpartition('@')[2]}"
    account = _checked(SipAccount, {"auth": ref, "test_uri": room, **_sip_words(parts)})
    return replace(plain, url=_sip_server(parts), sip=account)


def _sip_server(parts: SplitResult) -> str:
    return parts._replace(scheme="sip", netloc=parts.netloc.rpartition("@")[2], path="").geturl()


def _sip_words(parts: SplitResult) -> dict[str, str]:
    return {key: told[0] for key, told in parse_qs(parts.query).items() if key == "domain"}


def _question_url(parts: SplitResult, plain: Target, _ref: str | None) -> Target:
    if not parts.path.strip("/"):
        raise InputError("probe.url_name", url=plain.name, example=_DNS_EXAMPLE)
    return replace(plain, url=parts.geturl())


def _cms(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    settings = {"auth": ref, "port": _port(parts, 445)}
    return replace(plain, https=_checked(HttpsAccess, settings))


def _proxmox(parts: SplitResult, plain: Target, ref: str | None) -> Target:
    settings = {"auth": ref, "port": _port(parts, 8006)}
    return replace(plain, https=_checked(HttpsAccess, settings))


_LIBVIRT = "libvirt:qemu+ssh://wardops@192.0.2.50/system"
_IPERF3 = "iperf3://192.0.2.10?commit_mbps=20"
_DNS_EXAMPLE = "dns://192.0.2.53/service.example?type=A"
_SSH = "ssh://192.0.2.40?host_key=SHA256:…"
_CISCO_SSH = "cisco-ce+ssh://192.0.2.30?host_key=SHA256:…"
_EXPORTER = _Form(
    ("node-exporter",), _exporter, example="node-exporter+http://192.0.2.10:9100/metrics"
)
_WEB = _Form(("http",), _web, example="https://service.example/")
_FORMS: Mapping[str, _Form] = {
    "snmp": _Form(
        ("snmp-identity", "snmp-interfaces", "snmp-health"),
        _snmp,
        needs_auth=True,
        example="snmp://192.0.2.10:161",
    ),
    "cisco-ce+https": _Form(
        ("cisco-ce",), _cisco, needs_auth=True, example="cisco-ce+https://192.0.2.30"
    ),
    "cisco-ce+ssh": _Form(("cisco-ce",), _cisco_ssh, needs_auth=True, example=_CISCO_SSH),
    "cisco-ce+wss": _Form(
        ("cisco-ce-ws",), _cisco, needs_auth=True, example="cisco-ce+wss://192.0.2.30"
    ),
    **{
        f"{name}+https": _Form(
            (name,), _cisco, needs_auth=True, example=f"{name}+https://192.0.2.30"
        )
        for name in ("poly", "poly-trio", "poly-hdx")
    },
    "cms+https": _Form(("cms",), _cms, needs_auth=True, example="cms+https://192.0.2.40"),
    "ssh": _Form(("vm-ssh",), _cisco_ssh, needs_auth=True, example=_SSH),
    "proxmox+https": _Form(
        ("proxmox",), _proxmox, needs_auth=True, example="proxmox+https://192.0.2.50:8006"
    ),
    "vsphere": _Form(("vsphere",), _cisco, needs_auth=True, example="vsphere://192.0.2.50"),
    "yealink": _Form(("yealink",), _web, example="yealink://192.0.2.30:6024"),
    "vc-generic": _Form(("vc-generic", "icmp"), _address, example="vc-generic://192.0.2.30"),
    "node-exporter+http": _EXPORTER,
    "node-exporter+https": _EXPORTER,
    "icmp": _Form(("icmp",), _address, example="icmp://192.0.2.10"),
    "trace": _Form(("trace",), _address, example="trace://192.0.2.10"),
    "mtu": _Form(("mtu",), _address, example="mtu://192.0.2.10"),
    "iperf3": _Form(("bandwidth",), _iperf3, example=_IPERF3),
    "tcp": _Form(("tcp",), _port_url, example="tcp://192.0.2.10:443"),
    "stamp": _Form(("stamp",), _reflector, example="stamp://192.0.2.10:862"),
    "http": _WEB,
    "https": _WEB,
    "tls": _Form(("tls",), _port_url, example="tls://192.0.2.10:443"),
    "dns": _Form(("dns",), _question_url, example=_DNS_EXAMPLE),
    "ntp": _Form(("ntp",), _web, example="ntp://192.0.2.123"),
    "sip": _Form(("sip-options",), _web, example="sip://192.0.2.60:5060?transport=tcp"),
    "sip-register": _Form(
        ("sip-registration",), _registrar, needs_auth=True, example="sip-register://192.0.2.60"
    ),
    "sip-call": _Form(("sip-call",), _test_room, example="sip-call://echo@192.0.2.60?seconds=20"),
    "sips": _Form(("sip-options",), _web, example="sips://192.0.2.60"),
}
