"""The agent's own metrics, kept by prometheus_client and joined to `/metrics`.

No `ward`, no `device`; in the drill realm they carry `drill="1"` like everything else.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector, CollectorRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from prometheus_client.metrics_core import Metric
    from prometheus_client.samples import Sample

    from agent.exposition.family import Format
    from agent.hints.model import Channel, Outcome
    from inventory.values import Realm, Vantage

_EOF = b"# EOF\n"
_LAG_BOUNDS_S = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class SelfMetrics:
    """Counters and gauges about the running agent; the engine feeds the public ones.

    `loop_lag.observe(seconds)`, `polls_skipped.labels(probe).inc()`, `bugs.labels(seam).inc()`,
    `requests.labels(route, code).inc()`, `sse_clients.set(n)`, `state_write_errors.inc()`,
    `insecure.labels(what).set(1)`.
    """

    def __init__(self, *, version: str, realm: Realm, vantage: Vantage, started: datetime) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._drill = realm == "drill"
        _info(registry, "build", "Version of wardops and of Python.",
              version=version, python=platform.python_version())  # fmt: skip
        _info(registry, "vantage", "Where the agent stands.", vantage=vantage)
        _info(registry, "realm", "Live, drill or simulated.", realm=realm)
        start = Gauge("wardops_agent_start_time_seconds", "Start, Unix time.", registry=registry)
        start.set(started.timestamp())
        self.loop_lag = Histogram(
            "wardops_agent_loop_lag_seconds",
            "How late the event loop woke up.",
            buckets=_LAG_BOUNDS_S,
            registry=registry,
        )
        self.polls_skipped = _counter(
            registry, "polls_skipped", "Polls left out because the one before still ran.", "probe"
        )
        self.bugs = _counter(
            registry, "bugs", "Errors of the program itself, caught at a seam.", "seam"
        )
        self.requests = _counter(
            registry, "http_requests", "HTTP requests answered.", "route", "code"
        )
        self.journal_write_errors = _counter(
            registry, "journal_write_errors", "Times that the journal could not be written."
        )
        self.journal_dropped = _counter(
            registry, "journal_dropped", "Journal lines lost because too many waited for the disk."
        )
        self.journal_waiting = Gauge(
            "wardops_agent_journal_waiting", "Journal lines that wait for the disk.",
            registry=registry,
        )  # fmt: skip
        self.notices = _counter(
            registry, "notices", "Attempts to deliver a notice, by what came of it.",
            "channel", "result",
        )  # fmt: skip
        self.state_write_errors = _counter(
            registry, "state_write_errors", "Times that state.json could not be written."
        )
        self.traps = _counter(
            registry, "traps", "SNMP notifications received.", "device", "type", "result"
        )
        self.syslog = _counter(
            registry, "syslog", "Syslog messages received.", "device", "severity", "result"
        )
        self.snmp_engine = Gauge(
            "wardops_agent_snmp_engine",
            "Devices that the second SNMP engine reads, as the usual one cannot; else no series.",
            ("device", "engine"),
            registry=registry,
        )
        self.sse_clients = Gauge(
            "wardops_agent_sse_clients", "Clients that follow the events now.", registry=registry
        )
        self.insecure = Gauge(
            "wardops_agent_insecure",
            "Protections that the settings switch off; no series when none is.",
            ("what",),
            registry=registry,
        )
        self.link_last_beat = Gauge(
            "wardops_agent_link_last_beat_timestamp_seconds",
            "Hub: when a ward's agent was heard last, by the hub's clock.",
            ("ward",),
            registry=registry,
        )
        self._link_up: Gauge | None = None
        ProcessCollector(registry=registry)

    def message(
        self, channel: Channel, device: str, what: str, outcome: Outcome, count: int = 1
    ) -> None:
        """Count traps or syslog lines; `device` is empty for a stranger's and for lost ones."""
        counter = self.traps if channel == "trap" else self.syslog
        counter.labels(device, what, outcome.value).inc(count)

    def show_snmp_fallbacks(self, devices: Iterable[str]) -> None:
        """Say which devices the second SNMP engine reads now."""
        self.snmp_engine.clear()
        for device in devices:
            self.snmp_engine.labels(device, "pysnmp").set(1)

    def show_link(self, *, up: bool) -> None:
        """Ward: whether the hub takes this agent's beats; no series without a hub."""
        if self._link_up is None:
            name, text = "wardops_agent_link_up", "Ward: 1 while the hub takes the agent's beats."
            self._link_up = Gauge(name, text, registry=self._registry)
        self._link_up.set(up)

    def bug(self, seam: str) -> None:
        """Count one bug caught at a seam."""
        self.bugs.labels(seam).inc()

    def render(self, form: Format, names: frozenset[str] = frozenset()) -> bytes:
        """All families (or those named, also by sample name) without a trailer.

        prometheus_client's `_created` series are left out: the two formats carry the same samples.
        """
        shown = _Shown(self._registry, names, drill=self._drill)
        if not form.openmetrics:
            return generate_latest(shown)
        # its OpenMetrics half has no annotations, and asks for no more than `collect`
        text: bytes = generate_openmetrics(shown)  # type: ignore[no-untyped-call]
        return text.removesuffix(_EOF)


class _Shown(Collector):
    """The registry's families as they are written: no `_created`, only the named, drill label."""

    def __init__(self, registry: CollectorRegistry, names: frozenset[str], *, drill: bool) -> None:
        self._registry = registry
        self._names = names
        self._drill = drill

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            samples = [one for one in metric.samples if not one.name.endswith("_created")]
            asked = {metric.name, *(one.name for one in samples)}
            if samples and (not self._names or asked & self._names):
                metric.samples = [self._marked(one) for one in samples]
                yield metric

    def _marked(self, sample: Sample) -> Sample:
        if not self._drill:
            return sample
        return sample._replace(labels={**sample.labels, "drill": "1"})


def _info(registry: CollectorRegistry, what: str, text: str, **values: str) -> None:
    Info(f"wardops_agent_{what}", text, registry=registry).info(values)


def _counter(registry: CollectorRegistry, what: str, text: str, *labels: str) -> Counter:
    return Counter(f"wardops_agent_{what}_total", text, labels, registry=registry)
