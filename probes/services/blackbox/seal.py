"""What a handshake showed, as blackbox_exporter tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from probes.services.blackbox.line import Line
from probes.transports.tls import fingerprint, version_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from probes.transports.tls import Seal

_NEVER = -62_135_596_800  # the year 1, which Go has for a time that is not known
# A name is written as Go's pkix.Name does: these kinds of attributes, the last one first.
_ATTRIBUTES = (
    ("SERIALNUMBER", NameOID.SERIAL_NUMBER),
    ("CN", NameOID.COMMON_NAME),
    ("POSTALCODE", NameOID.POSTAL_CODE),
    ("STREET", NameOID.STREET_ADDRESS),
    ("ST", NameOID.STATE_OR_PROVINCE_NAME),
    ("L", NameOID.LOCALITY_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("C", NameOID.COUNTRY_NAME),
)
_ESCAPED = str.maketrans({character: f"\\{character}" for character in '",+;<>\\'})


def seal_lines(seal: Seal | None) -> Iterator[Line]:
    """Ends of the certificates, whose they are, the TLS version; nothing without a handshake."""
    if seal is None:
        return
    yield Line("probe_ssl_earliest_cert_expiry", _unix(seal.earliest))
    yield Line("probe_ssl_last_chain_expiry_timestamp_seconds", _unix(seal.chain_until))
    yield Line("probe_tls_version_info", 1, (("version", version_name(seal.version)),))
    if seal.leaf is not None:
        yield Line("probe_ssl_last_chain_info", 1, _whose(seal.leaf))


def _unix(end: datetime | None) -> float:
    return end.timestamp() if end is not None else _NEVER


def _whose(leaf: bytes) -> tuple[tuple[str, str], ...]:
    names = issuer = subject = ""
    try:
        certificate = x509.load_der_x509_certificate(leaf)
        issuer, subject = _name(certificate.issuer), _name(certificate.subject)
        names = ",".join(_dns_names(certificate))
    except ValueError:  # OpenSSL accepts what the stricter parser does not
        pass
    return (
        ("fingerprint_sha256", fingerprint(leaf).removeprefix("sha256:")),
        ("issuer", issuer),
        ("subject", subject),
        ("subjectalternative", names),
    )


def _dns_names(certificate: x509.Certificate) -> list[str]:
    kind = x509.SubjectAlternativeName
    found = (one.value for one in certificate.extensions if isinstance(one.value, kind))
    return [name for names in found for name in names.get_values_for_type(x509.DNSName)]


def _name(name: x509.Name) -> str:
    said = ((short, name.get_attributes_for_oid(oid)) for short, oid in _ATTRIBUTES)
    return ",".join(
        "+".join(f"{short}={_escaped(str(one.value))}" for one in found)
        for short, found in said
        if found
    )


def _escaped(text: str) -> str:
    """RFC 2253 section 2.4."""
    shown = text.translate(_ESCAPED)
    if shown.startswith(("#", " ")):
        shown = f"\\{shown}"
    return f"{shown[:-1]}\\ " if shown.endswith(" ") and len(text) > 1 else shown
