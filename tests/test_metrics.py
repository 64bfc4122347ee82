"""The whole catalogue before the judges: Prometheus' own checker and both strict parsers."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.exposition.block import Block, Buckets, Renderer, histogram_chunk
from agent.exposition.catalogue import Catalogue, DoubledName
from agent.exposition.family import OPENMETRICS, TEXT
from agent.exposition.writer import EVERYTHING, Exposition
from agent.metrics_catalog import DEVICE_METRICS, WARD_METRICS, full_catalogue
from agent.selfmetrics import SelfMetrics
from probes import oids
from probes.model import Metric, Sample
from probes.registry import probes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from agent.exposition.family import Format

# the strict parser carries no annotations
openmetrics: Callable[[str], Iterable[Any]] = openmetrics_parser.text_string_to_metric_families


def every_family(catalogue: Catalogue, form: Format) -> str:
    """An output with one series of each family there is, the agent's own included."""
    renderer, exposition = Renderer(catalogue), Exposition(catalogue)
    plain = [metric for metric in catalogue if metric.type != "histogram"]
    samples = [Sample(metric, 1, ("x",) * len(metric.labels)) for metric in plain]
    exposition.put(renderer.render_block("26740", "sw-26740-01", "all", samples, 0.0, 60.0))
    for metric in catalogue:
        if metric.type == "histogram":
            exposition.put(_histogram(metric))
    own = SelfMetrics(
        version="0", realm="sim", vantage="ward", started=datetime(2026, 11, 21, tzinfo=UTC)
    )
    own.bug("web")
    own.polls_skipped.labels("switch").inc()
    own.requests.labels("/metrics", "200").inc()
    scrape = exposition.picture(EVERYTHING, 0.0)
    return b"".join([*scrape.join(form), own.render(form), form.trailer]).decode()


def _histogram(metric: Metric) -> Block:
    labels = (("ward", "26740"), *((name, "x") for name in metric.labels))
    chunk = histogram_chunk(metric, [Buckets(labels, ((300.0, 1), (900.0, 1)), 2, 1300.5)])
    return Block("26740", "", metric.name, 0.0, 60.0, {metric.name: chunk})


def foreign_names() -> set[str]:
    """Names of metrics that the SNMP object table gave us; they may break Prometheus' customs."""
    return {
        metric.name
        for probe in probes().values()
        for metric in probe.metrics
        if hasattr(oids, metric.name)
    }


@pytest.mark.realtime
def test_promtool_finds_nothing_but_names_of_mib_objects_and_bits_per_second() -> None:
    text = every_family(full_catalogue(), TEXT)
    check = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    # The labels of a port are those of snmp_exporter wherever they stand.
    ports = {metric.name for metric in full_catalogue() if "ifName" in metric.labels}
    excused = foreign_names() | ports
    findings = [line for line in check.stderr.splitlines() if line.strip()]
    ours = [
        line
        for line in findings
        if line.split(" ", 1)[0] not in excused and "_bits_per_second" not in line.split(" ", 1)[0]
    ]
    assert ours == []
    assert any("ifHCInOctets" in line for line in findings), "promtool did not read the output"


def test_the_excused_names_are_only_mib_objects() -> None:
    assert "ifHCInOctets" in foreign_names()
    assert not [name for name in foreign_names() if name.startswith(("wardops_", "probe_"))]


def test_both_parsers_read_every_family_once_and_with_all_its_series() -> None:
    catalogue = full_catalogue()
    names = {metric.name for metric in catalogue if metric.type != "histogram"}
    strict = list(openmetrics(every_family(catalogue, OPENMETRICS)))
    assert len({family.name for family in strict}) == len(strict)
    assert names <= {sample.name for family in strict for sample in family.samples}
    plain = list(text_format(every_family(catalogue, TEXT)))
    assert len({family.name for family in plain}) == len(plain)
    assert len(plain) == len(strict)


def test_types_and_units_of_openmetrics_are_those_of_the_table() -> None:
    families = {one.name: one for one in openmetrics(every_family(full_catalogue(), OPENMETRICS))}
    assert families["ifHCInOctets"].type == "unknown"
    assert families["wardops_incidents"].type == "counter"
    assert families["wardops_ward"].type == "info"
    assert families["wardops_incident_duration_seconds"].type == "histogram"
    assert families["wardops_device_data_age_seconds"].unit == "seconds"
    assert families["wardops_agent_bugs"].type == "counter"


def test_the_names_issue_two_promises_are_in_the_catalogue() -> None:
    promised = {
        "ifHCInOctets", "ifOperStatus", "sysUpTime", "wardops_device_state", "wardops_ward_info",
        "wardops_ward_verdict", "wardops_vc_up", "wardops_vm_memory_available_bytes",
        "wardops_incident_open", "probe_success",
    }  # fmt: skip
    assert promised <= {metric.name for metric in full_catalogue()}


def test_every_help_is_one_line_and_every_own_name_is_ours() -> None:
    known = ("wardops_", "probe_")
    for metric in full_catalogue():
        assert metric.help == metric.help.strip() != ""
        assert "\n" not in metric.help
        assert metric.name.startswith(known) or metric.name in foreign_names(), metric.name


def test_engine_metrics_and_the_agents_own_do_not_share_names() -> None:
    assert not [
        m.name for m in full_catalogue() if m.name.startswith(("wardops_agent_", "process_"))
    ]


def doubled() -> Iterator[tuple[Metric, Metric]]:
    """Pairs of families that cannot stand in one output."""
    yield Metric("a_total", "counter", "One."), Metric("a_total", "counter", "Another.")
    yield Metric("a_total", "counter", "One."), Metric("a", "gauge", "Same name in OpenMetrics.")
    yield Metric("a_info", "info", "One."), Metric("a", "gauge", "Same name in OpenMetrics.")
    yield Metric("a", "histogram", "One."), Metric("a_count", "gauge", "Its count.")


@pytest.mark.parametrize(("first", "second"), list(doubled()))
def test_two_families_that_claim_one_name_are_refused(first: Metric, second: Metric) -> None:
    with pytest.raises(DoubledName):
        Catalogue((first, second))


def test_one_family_that_two_probes_fill_counts_once() -> None:
    metric = Metric("a", "gauge", "One.")
    assert list(Catalogue((metric, metric))) == [metric]
    assert len({m.name for m in (*DEVICE_METRICS, *WARD_METRICS)}) == len(
        (*DEVICE_METRICS, *WARD_METRICS)
    )
