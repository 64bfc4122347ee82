"""What was seen of a service as text 0.0.4, with the names and labels of blackbox_exporter.

Nothing of the ward stands in it: a target's own labels come from service discovery.
"""

from __future__ import annotations

from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.exposition.label import REDACTED, is_personal, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probes.services.blackbox.line import Line

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_HELP: Mapping[str, str] = MappingProxyType(
    {
        "probe_dns_additional_rrs": "Records in the answer's additional section",
        "probe_dns_answer_rrs": "Records in the answer's own section",
        "probe_dns_authority_rrs": "Records in the answer's authority section",
        "probe_dns_duration_seconds": "Seconds of the question to the resolver, by phase",
        "probe_dns_lookup_time_seconds": "Seconds to look up the target's name",
        "probe_dns_query_succeeded": "1 when the resolver answered",
        "probe_dns_serial": "Serial number of the zone",
        "probe_duration_seconds": "Seconds that the whole check took",
        "probe_failed_due_to_regex": "1 when the expected text was missing",
        "probe_http_content_length": "Length of the body as the server gives it, else -1",
        "probe_http_duration_seconds": "Seconds by phase, all redirects together",
        "probe_http_last_modified_timestamp_seconds": "When the page was changed, in Unix time",
        "probe_http_redirects": "Redirects that were followed",
        "probe_http_ssl": "1 when the last page came over TLS",
        "probe_http_status_code": "Status of the last page",
        "probe_http_uncompressed_body_length": "Octets of the body that came",
        "probe_http_version": "Version of HTTP in the answer",
        "probe_icmp_duration_seconds": "Seconds of the echo, by phase",
        "probe_icmp_reply_hop_limit": "Hops that the echo's answer had left",
        "probe_ip_addr_hash": "A number that changes when the target's address does",
        "probe_ip_protocol": "4 or 6: the kind of the target's address",
        "probe_ssl_earliest_cert_expiry": "When the first certificate expires, in Unix time",
        "probe_ssl_last_chain_expiry_timestamp_seconds": "When the trusted chain expires",
        "probe_ssl_last_chain_info": "The server's own certificate",
        "probe_success": "1 when the check was good",
        "probe_tls_version_info": "The TLS version in use",
    }
)


def probe_page(lines: Iterable[Line]) -> bytes:
    """The lines, which come sorted, each family under its header."""
    return "".join(
        f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n{''.join(map(_line, found))}"
        for name, found in groupby(lines, lambda line: line.name)
    ).encode()


def _line(line: Line) -> str:
    labels = ",".join(f'{name}="{_shown(text)}"' for name, text in line.labels)
    return f"{line.name}{{{labels}}} {number(line.value)}\n" if labels else _plain(line)


def _plain(line: Line) -> str:
    return f"{line.name} {number(line.value)}\n"


def _shown(text: str) -> str:
    return REDACTED if is_personal(text) else text.translate(_ESCAPES)
