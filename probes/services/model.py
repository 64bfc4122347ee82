"""Metrics of service checks, with the names that blackbox_exporter made well known."""

from probes.model import Metric

_OWN = ("service", "vantage")

PROBE_SUCCESS = Metric("probe_success", "gauge", "1 when the service check was good.", _OWN)
PROBE_DURATION = Metric(
    "probe_duration_seconds", "gauge", "How long the service check took.", _OWN, "seconds"
)
PROBE_LOOKUP = Metric(
    "probe_dns_lookup_time_seconds",
    "gauge",
    "How long the look-up of the service's name took.",
    _OWN,
    "seconds",
)
PROBE_IP_PROTOCOL = Metric(
    "probe_ip_protocol", "gauge", "Whether the service was asked at IPv4 (4) or IPv6 (6).", _OWN
)
PROBE_HTTP_STATUS = Metric("probe_http_status_code", "gauge", "Status of the HTTP answer.", _OWN)
PROBE_HTTP_SSL = Metric("probe_http_ssl", "gauge", "1 when the answer came over TLS.", _OWN)
PROBE_HTTP_LENGTH = Metric(
    "probe_http_content_length", "gauge", "Length of the body as the server gives it.", _OWN
)
PROBE_HTTP_BODY = Metric(
    "probe_http_uncompressed_body_length", "gauge", "Octets of the body that came.", _OWN
)
PROBE_HTTP_VERSION = Metric(
    "probe_http_version", "gauge", "The version of HTTP in the answer.", _OWN
)
PROBE_HTTP_DURATION = Metric(
    "probe_http_duration_seconds",
    "gauge",
    "Seconds of the check by phase, all redirects together.",
    (*_OWN, "phase"),
    "seconds",
)
PROBE_CERT_EXPIRY = Metric(
    "probe_ssl_earliest_cert_expiry",
    "gauge",
    "When the first of the server's certificates expires, in Unix time; also of a bad one.",
    _OWN,
    "seconds",
)
PROBE_CHAIN_EXPIRY = Metric(
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "gauge",
    "When the trusted chain of certificates expires, in Unix time.",
    _OWN,
    "seconds",
)
TLS_PIN_MATCH = Metric(
    "wardops_tls_pin_match", "gauge", "1 when the certificate is the pinned one.", _OWN
)
PROBE_TLS = Metric("probe_tls_version_info", "gauge", "The TLS version in use.", (*_OWN, "version"))
PROBE_HTTP_REDIRECTS = Metric(
    "probe_http_redirects", "gauge", "Redirects that were followed, within the host.", _OWN
)
PROBE_REGEX = Metric(
    "probe_failed_due_to_regex", "gauge", "1 when the expected text was missing.", _OWN
)
PROBE_DNS_DURATION = Metric(
    "probe_dns_duration_seconds",
    "gauge",
    "Seconds of the question to a resolver by phase.",
    (*_OWN, "phase"),
    "seconds",
)
PROBE_DNS_SERIAL = Metric("probe_dns_serial", "gauge", "Serial number of the zone (SOA).", _OWN)
PROBE_DNS_ANSWERS = Metric("probe_dns_answer_rrs", "gauge", "Records of the answer.", _OWN)
PROBE_DNS_SUCCEEDED = Metric(
    "probe_dns_query_succeeded", "gauge", "1 when the resolver answered the question.", _OWN
)
DNS_MATCH = Metric(
    "wardops_dns_answer_match", "gauge", "1 when the answer is the expected one.", _OWN
)
NTP_OFFSET = Metric(
    "wardops_ntp_offset_seconds",
    "gauge",
    "The server's clock less the agent's, by the sample with the least delay.",
    _OWN,
    "seconds",
)
NTP_DELAY = Metric(
    "wardops_ntp_delay_seconds", "gauge", "Round trip of that sample.", _OWN, "seconds"
)
NTP_STRATUM = Metric(
    "wardops_ntp_stratum", "gauge", "Steps between the server and a reference clock.", _OWN
)
NTP_LEAP = Metric("wardops_ntp_leap", "gauge", "Leap indicator, 0 to 2 (RFC 5905).", _OWN)
SIP_UP = Metric("wardops_sip_up", "gauge", "1 when the SIP server is in order.", _OWN)
SIP_CODE = Metric(
    "wardops_sip_response_code", "gauge", "Status of the final answer to OPTIONS.", _OWN
)
SIP_RTT = Metric(
    "wardops_sip_rtt_seconds", "gauge", "From OPTIONS to its final answer.", _OWN, "seconds"
)
SIP_REGISTER_CODE = Metric(
    "wardops_sip_register_code",
    "gauge",
    "Status of the final answer to the test account's REGISTER, also of a refusal.",
    _OWN,
)
