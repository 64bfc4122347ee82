"""Whom a TLS connection trusts, and what its failures mean."""

from __future__ import annotations

import hashlib
import ssl
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography import x509

from probes.errors import (
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    TimedOut,
    TlsExpired,
    TlsUntrusted,
    TlsWrongName,
)
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

# OpenSSL verify codes, `man 1 openssl-verification-options`; 9 is "not yet valid".
_VERIFY_CODES: Mapping[int, type[ProbeError]] = MappingProxyType(
    {
        **dict.fromkeys((9, 10), TlsExpired),
        **dict.fromkeys((18, 19, 20, 21), TlsUntrusted),
        **dict.fromkeys((62, 63, 64), TlsWrongName),
    }
)
# OpenSSL's names for a peer whose versions are all too old, and for one that speaks no TLS at all.
# The last of the old: a server that does not know RFC 5746, of 2010. Which of them an old hello
# meets first is a matter of how OpenSSL was built.
_TOO_OLD = frozenset(
    {
        "UNSUPPORTED_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    }
)
_SHA1_ONLY = "legacy sigalg"  # Python has no name for the reason; TLS 1.0 and 1.1 sign with SHA-1
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})


class Trust(NamedTuple):
    """Whom a connection believes; connections with different trust are never shared."""

    ca: str | None = None
    pin: str | None = None
    insecure: bool = False


def context_of(trust: Trust) -> ssl.SSLContext:
    """A client's context; with a pin, `check_pin` must follow. NotConfigured for a bad CA file."""
    if trust.pin or trust.insecure:
        # Without the system's authorities, which take ten times as long to read as a handshake.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=trust.ca)
    except (OSError, ssl.SSLError) as error:
        raise NotConfigured("ca_file", path=trust.ca) from error


def shared_context(trust: Trust, protocols: tuple[str, ...] = ()) -> ssl.SSLContext:
    """The same context again for the same trust, as long as the CA file stays as it is.

    To read the system's authorities takes ten times as long as a handshake. `protocols` are offered
    by ALPN. Raises NotConfigured for a bad CA file.
    """
    return _kept_context(trust, protocols, _state_of(trust.ca))


def _state_of(file: str | None) -> tuple[int, int] | None:
    """What changes with a file's content; None without a file."""
    try:
        found = Path(file).stat() if file else None
    except OSError as error:
        raise NotConfigured("ca_file", path=file) from error
    return (found.st_mtime_ns, found.st_size) if found else None


@lru_cache(maxsize=64)
def _kept_context(
    trust: Trust,
    protocols: tuple[str, ...],
    state: tuple[int, int] | None,  # noqa: ARG001 - part of the cache's key
) -> ssl.SSLContext:
    context = context_of(trust)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


class Seal(NamedTuple):
    """What a handshake showed: the TLS version and the certificates, all in UTC.

    `earliest` is the first end among the certificates that the server sent, `chain_until` that of
    the chain which was trusted, the longest-lived one; None where nothing can be read or nothing
    was verified. `pin_match` is None without a pin. `leaf` is the server's own certificate in DER.
    """

    version: str | None
    earliest: datetime | None
    chain_until: datetime | None
    leaf: bytes | None
    pin_match: bool | None = None


def seal_of(tls: ssl.SSLObject, trust: Trust) -> Seal:
    """What the handshake showed; `pin_match` says whether the certificate is the pinned one."""
    sent = _chain(tls, "get_unverified_chain")
    trusted = () if trust.pin or trust.insecure else _chain(tls, "get_verified_chain")
    leaf = tls.getpeercert(binary_form=True)
    return Seal(
        version=tls.version(),
        earliest=_first_end(sent or ((leaf,) if leaf else ())),
        chain_until=_first_end(trusted),
        leaf=leaf,
        pin_match=None if trust.pin is None else fingerprint(leaf) == trust.pin,
    )


def _chain(tls: Any, which: str) -> tuple[bytes, ...]:
    """Certificates in DER. Public from Python 3.13 on, before that one step further in."""
    if hasattr(tls, which):
        return tuple(getattr(tls, which)() or ())
    found = getattr(tls._sslobj, which)() or ()
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in found)


def _first_end(chain: tuple[bytes, ...]) -> datetime | None:
    ends = [end for end in map(expires_at, chain) if end is not None]
    return min(ends, default=None)


def fingerprint(certificate: bytes | None) -> str:
    """A certificate (DER) as a pin names it."""
    return f"sha256:{hashlib.sha256(certificate or b'').hexdigest()}"


def version_name(version: str | None) -> str:
    """OpenSSL's name of a version as blackbox_exporter writes it: `TLS 1.3`."""
    return {None: "unknown", "TLSv1": "TLS 1.0"}.get(version) or str(version).replace("v", " ")


def check_pin(certificate: bytes | None, pin: str | None) -> None:
    """Raise TlsUntrusted when the certificate (DER) is not the pinned one; no pin fits all."""
    seen = fingerprint(certificate)
    if pin and seen != pin:
        raise TlsUntrusted("tls_pin", seen=seen)


def leaf_of(error: ssl.SSLError) -> ProbeError:
    """The reason that a failed handshake has for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY_CODES.get(error.verify_code, TlsUntrusted)()
    if error.reason in _TOO_OLD or _SHA1_ONLY in str(error):
        return ProtocolBroken("tls_old")
    if error.reason in _NO_TLS:
        return ProtocolBroken("not_tls")
    return ProtocolBroken("tls", problem=error.reason or "handshake")


@lru_cache(maxsize=1024)  # the same few certificates at every check
def expires_at(certificate: bytes | None) -> datetime | None:
    """When a certificate (DER) ends, in UTC; None without one or when its date cannot be read."""
    if certificate is None:
        return None
    try:
        return x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except ValueError:  # OpenSSL accepts dates that the stricter parser does not
        return None


@contextmanager
def as_leaves(url: str) -> Iterator[None]:
    """What sockets raise inside the block leaves it as a ProbeError; cancellation passes."""
    try:
        yield
    except ssl.SSLError as error:
        raise leaf_of(error) from error
    except TimeoutError as error:
        raise TimedOut from error
    except OSError as error:
        raise as_probe_error(error) from error
    except (UnicodeError, OverflowError) as error:  # a host or port that no socket takes
        raise NotConfigured("url", url=url) from error
