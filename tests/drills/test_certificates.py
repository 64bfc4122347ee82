"""The throwaway authority: its certificate holds for the addresses it was made for."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509

from drills.certificates import VALID_FOR, issue

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_servers_certificate_is_for_the_addresses_and_of_the_authority() -> None:
    made = issue(("127.16.0.30", "127.8.0.11"), NOW)
    authority = x509.load_pem_x509_certificate(made.authority)
    server = x509.load_pem_x509_certificate(made.server)
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == [
        "127.16.0.30",
        "127.8.0.11",
    ]
    assert server.not_valid_after_utc == NOW + VALID_FOR
    assert server.not_valid_before_utc < NOW - timedelta(hours=1)
    assert b"PRIVATE KEY" not in made.authority


def test_it_serves_tls() -> None:
    context = issue(("127.16.0.30",), NOW).context()
    assert context.protocol is ssl.PROTOCOL_TLS_SERVER
