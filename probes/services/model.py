"""Metrics of service checks, with the names that blackbox_exporter made well known."""

from probes.model import Metric

_OWN = ("service", "vantage")

PROBE_SUCCESS = Metric("probe_success", "gauge", "1 when the service check was good.", _OWN)
PROBE_DURATION = Metric(
    "probe_duration_seconds", "gauge", "How long the service check took.", _OWN, "seconds"
)
PROBE_HTTP_STATUS = Metric("probe_http_status_code", "gauge", "Status of the HTTP answer.", _OWN)
PROBE_HTTP_SSL = Metric("probe_http_ssl", "gauge", "1 when the answer came over TLS.", _OWN)
PROBE_HTTP_LENGTH = Metric(
    "probe_http_content_length", "gauge", "Octets of the answer's body.", _OWN
)
PROBE_HTTP_DURATION = Metric(
    "probe_http_duration_seconds",
    "gauge",
    "Seconds of the check by phase; connect holds the look-up of the name.",
    (*_OWN, "phase"),
    "seconds",
)
PROBE_CERT_EXPIRY = Metric(
    "probe_ssl_earliest_cert_expiry",
    "gauge",
    "When the server's certificate expires, in Unix time.",
    _OWN,
    "seconds",
)
