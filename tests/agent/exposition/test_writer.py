"""What is written reads back by strict parsers, once per family, and only while it is live."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.exposition.block import BadSample, Block, Buckets, Renderer, histogram_chunk
from agent.exposition.catalogue import Catalogue, NotInCatalogue
from agent.exposition.family import OPENMETRICS, TEXT, Format
from agent.exposition.label import clean, is_personal, label_value
from agent.exposition.writer import EVERYTHING, Exposition, Selection
from probes.model import Distribution, Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# the strict parser carries no annotations
openmetrics: Callable[[str], Iterable[Any]] = openmetrics_parser.text_string_to_metric_families

PORT = ("ifName", "ifDescr", "ifAlias")
OCTETS = Metric("ifHCInOctets", "counter", "Octets received", PORT)
STATUS = Metric("ifOperStatus", "gauge", "1 up 2 down", PORT)
UPTIME = Metric("sysUpTime", "gauge", 'Since the start, "1/100" s \\ ticks\nof the agent')
AGE = Metric("wardops_test_age_seconds", "gauge", "Age.", (), "seconds")
RUNS = Metric("wardops_test_runs_total", "counter", "Runs.", ("reason",))
FACTS = Metric("wardops_test_info", "info", "Facts.", ("model",))
LASTED = Metric("wardops_test_lasted_seconds", "histogram", "Lasted.", (), "seconds")
CATALOGUE = Catalogue((OCTETS, STATUS, UPTIME, AGE, RUNS, FACTS, LASTED))


def render(*blocks: Block, form: Format = OPENMETRICS, selection: Selection = EVERYTHING) -> str:
    exposition = Exposition(CATALOGUE)
    for block in blocks:
        exposition.put(block)
    return b"".join(exposition.render(selection, form, 0.0)).decode()


def block(
    *samples: Sample, device: str = "sw-1", module: str = "snmp-interfaces", ward: str = "26740"
) -> Block:
    return Renderer(CATALOGUE).render_block(ward, device, module, samples, 0.0, 60.0)


def port(metric: Metric, value: float, name: str = "Gi1/0/1", alias: str = "") -> Sample:
    return Sample(metric, value, (name, f"GigabitEthernet {name}", alias))


texts = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from('\\"\n{}=, \t\r\ud800\udfff\u0301ộ')),
    max_size=80,
)
numbers = st.one_of(
    st.sampled_from([0, -0.0, 2**53, 2**64 - 1, math.inf, -math.inf, math.nan, 1e-320, 1e308]),
    st.floats(),
    st.integers(-(2**64), 2**64),
)


@settings(max_examples=150, deadline=None)
@given(labels=st.lists(texts, min_size=3, max_size=3), value=numbers)
def test_parsed_samples_equal_what_was_put_in(labels: list[str], value: float) -> None:
    written = block(Sample(STATUS, value, tuple(labels)))
    expected = {name: label_value(name, text) for name, text in zip(PORT, labels, strict=True)} | {
        "ward": "26740",
        "device": "sw-1",
    }
    for parsed in (
        list(openmetrics(render(written))),
        list(text_format(render(written, form=TEXT))),
    ):
        (family,) = parsed
        (sample,) = family.samples
        assert sample.labels == expected
        assert sample.value == value or (math.isnan(value) and math.isnan(sample.value))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["26740", "26743", "25747"]), st.sampled_from("abcdef")),
        st.lists(st.tuples(st.sampled_from([OCTETS, STATUS, UPTIME]), st.text(max_size=3))),
        max_size=8,
    )
)
def test_families_stand_once_in_catalogue_order_whatever_devices_there_are(
    devices: dict[tuple[str, str], list[tuple[Metric, str]]],
) -> None:
    blocks = [
        block(
            *(
                Sample(metric, 1, (name, "", "") if metric.labels else ())
                for metric, name in samples
            ),
            ward=ward,
            device=device,
        )
        for (ward, device), samples in devices.items()
    ]
    for form in (OPENMETRICS, TEXT):
        text = render(*blocks, form=form)
        types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        assert len(types) == len(set(types))
        order = [metric.name for metric in CATALOGUE if metric.name in types]
        assert types == order
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        series = [line.rpartition(" ")[0] for line in lines]
        assert len(series) == len(set(series)), "a series stands twice"
        written = [line.partition("{")[0] for line in lines]
        assert [name for name, _ in _runs(written)] == [n for n in order if n in written]


def _runs(names: list[str]) -> list[tuple[str, int]]:
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        else:
            runs.append((name, 1))
    return runs


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (TEXT, "# TYPE ifHCInOctets counter\n"),
        (OPENMETRICS, "# TYPE ifHCInOctets unknown\n"),
        (TEXT, "# TYPE wardops_test_runs_total counter\n"),
        (OPENMETRICS, "# TYPE wardops_test_runs counter\n"),
        (TEXT, "# TYPE wardops_test_info gauge\n"),
        (OPENMETRICS, "# TYPE wardops_test info\n"),
        (TEXT, '# HELP sysUpTime Since the start, "1/100" s \\\\ ticks\\nof the agent\n'),
        (
            OPENMETRICS,
            '# HELP sysUpTime Since the start, \\"1/100\\" s \\\\ ticks\\nof the agent\n',
        ),
        (OPENMETRICS, "# UNIT wardops_test_age_seconds seconds\n"),
    ],
)
def test_headers_follow_the_table_of_the_formats(form: Format, expected: str) -> None:
    samples = (
        port(OCTETS, 5), Sample(RUNS, 1, ("ok",)), Sample(FACTS, 1, ("C9200",)),
        Sample(UPTIME, 8), Sample(AGE, math.inf),
    )  # fmt: skip
    assert expected in render(block(*samples), form=form)


def test_only_headers_and_trailer_differ_between_the_formats() -> None:
    written = block(port(OCTETS, 5), Sample(AGE, math.inf), Sample(FACTS, 1, ("C9200",)))
    lines = [
        [line for line in render(written, form=form).splitlines() if not line.startswith("#")]
        for form in (TEXT, OPENMETRICS)
    ]
    assert lines[0] == lines[1]
    assert render(written).endswith("# EOF\n")
    assert "EOF" not in render(written, form=TEXT)
    assert "UNIT" not in render(written, form=TEXT)


def test_integers_stay_integers_and_infinity_is_plus_inf() -> None:
    text = render(block(port(OCTETS, 2**53), Sample(AGE, math.inf), Sample(UPTIME, 0.1)))
    assert f"}} {2**53}\n" in text
    assert '{ward="26740",device="sw-1"} +Inf\n' in text
    assert "} 0.1\n" in text


def test_a_block_past_its_ttl_is_absent_and_freed_at_three_times_it() -> None:
    exposition = Exposition(CATALOGUE)
    exposition.put(block(Sample(UPTIME, 8)))
    assert b"sysUpTime{" in b"".join(exposition.render(EVERYTHING, TEXT, 60.0))
    assert exposition.render(EVERYTHING, TEXT, 60.1) == [b""]
    assert len(exposition) == 1
    exposition.render(EVERYTHING, TEXT, 180.1)
    assert len(exposition) == 0


def test_a_newer_block_replaces_the_one_of_the_same_probe_and_a_dropped_device_is_gone() -> None:
    exposition = Exposition(CATALOGUE)
    exposition.put(block(port(OCTETS, 1, "old")))
    exposition.put(block(port(OCTETS, 2, "new")))
    exposition.put(block(Sample(UPTIME, 3), module="snmp-identity"))
    text = b"".join(exposition.render(EVERYTHING, TEXT, 0.0))
    assert b"old" not in text
    assert b"new" in text
    assert b"sysUpTime" in text
    exposition.drop("26740", "sw-1")
    assert exposition.render(EVERYTHING, TEXT, 0.0) == [b""]


def test_a_picture_taken_before_a_poll_does_not_mix_with_it() -> None:
    exposition = Exposition(CATALOGUE)
    exposition.put(block(Sample(UPTIME, 1)))
    picture = exposition.picture(EVERYTHING, 0.0)
    exposition.put(block(Sample(UPTIME, 2)))
    exposition.put(block(Sample(UPTIME, 3), device="sw-2"))
    assert b"".join(picture.join(TEXT)).count(b"sysUpTime{") == 1
    assert b"} 1\n" in b"".join(picture.join(TEXT))


def test_two_probes_that_measure_the_same_series_write_it_once() -> None:
    text = render(
        block(Sample(UPTIME, 1), module="a"),
        block(Sample(UPTIME, 2), module="b"),
        block(Sample(UPTIME, 3), device="sw-2", module="b"),
    )
    assert text.count("sysUpTime{") == 2
    assert "} 1\n" in text
    assert "} 3\n" in text


def test_what_is_made_for_the_scrape_stands_before_what_a_probe_left() -> None:
    exposition = Exposition(CATALOGUE)
    exposition.put(block(Sample(UPTIME, 1), module="aaa"))
    extra = block(Sample(UPTIME, 0), module="engine")
    text = b"".join(exposition.render(EVERYTHING, TEXT, 0.0, [extra]))
    assert text.count(b"sysUpTime{") == 1
    assert text.endswith(b"} 0\n")


def test_a_selection_is_the_union_of_wards_and_devices_and_filters_families() -> None:
    blocks = [
        block(Sample(UPTIME, 1), Sample(AGE, 1), ward=ward, device=device)
        for ward, device in (("26740", "sw-1"), ("26743", "sw-2"), ("26743", "sw-3"))
    ]
    union = Selection(frozenset({"26740"}), frozenset({"sw-3"}), frozenset({"sysUpTime"}))
    text = render(*blocks, selection=union, form=TEXT)
    assert 'device="sw-1"' in text
    assert 'device="sw-3"' in text
    assert 'device="sw-2"' not in text
    assert "wardops_test_age_seconds" not in text


def test_a_histogram_may_be_asked_for_by_the_name_on_its_lines() -> None:
    assert Selection(names=frozenset({"wardops_test_lasted_seconds_bucket"})).has_family(
        LASTED.name
    )


def test_a_sample_whose_metric_is_not_in_the_catalogue_is_refused_by_name() -> None:
    stranger = Metric("wardops_stranger", "gauge", "Not declared.")
    with pytest.raises(NotInCatalogue, match="wardops_stranger"):
        block(Sample(stranger, 1))
    changed = Metric("sysUpTime", "counter", "Another meaning.")
    with pytest.raises(NotInCatalogue, match="sysUpTime"):
        block(Sample(changed, 1))


@pytest.mark.parametrize(
    "sample", [Sample(OCTETS, 1, ("Gi1",)), Sample(FACTS, 2, ("x",)), Sample(LASTED, 1)]
)
def test_a_sample_that_breaks_its_metric_is_refused(sample: Sample) -> None:
    with pytest.raises(BadSample, match=sample.metric.name):
        block(sample)


@pytest.mark.parametrize("value", [math.nan, -1.0])
def test_a_counter_that_is_no_count_is_unknown_and_so_absent(value: float) -> None:
    assert block(port(OCTETS, value)).chunks == {}


def test_labels_made_equal_by_cleaning_give_one_series_and_are_counted() -> None:
    long = "x" * 64
    written = block(port(STATUS, 1, alias=long + "a"), port(STATUS, 2, alias=long + "b"))
    assert written.chunks["ifOperStatus"].count(b"\n") == 1
    assert written.dropped == 1


def test_in_the_drill_realm_every_series_says_so() -> None:
    renderer = Renderer(CATALOGUE, drill=True)
    samples = (port(OCTETS, 1), Sample(AGE, 2.0))
    written = renderer.render_block("26740", "sw-1", "m", samples, 0.0, 60.0)
    lines = [*written.chunks.values(), histogram_chunk(LASTED, [_buckets()], drill=True)]
    for line in b"".join(lines).splitlines():
        assert b'drill="1"' in line


def _buckets() -> Buckets:
    return Buckets((("ward", "26740"),), ((1, 1), (5, 3)), 4, 17.5)


def test_a_histogram_reads_back_and_its_bounds_have_a_decimal_point() -> None:
    chunk = histogram_chunk(LASTED, [_buckets()])
    text = render(Block("26740", "", "h", 0.0, 1.0, {LASTED.name: chunk}))
    (family,) = openmetrics(text)
    assert [s.labels["le"] for s in family.samples if "le" in s.labels] == ["1.0", "5.0", "+Inf"]
    assert family.samples[-1].value == 4


def test_a_probes_histograms_stand_in_its_block_under_their_device() -> None:
    renderer = Renderer(CATALOGUE)
    plain = renderer.render_block("26740", "gateway", "icmp", (Sample(AGE, 2.0),), 0.0, 60.0)
    found = Distribution(LASTED, (), ((1.0, 1), (5.0, 3)), 4, 17.5)
    families = {family.name: family for family in openmetrics(render(
        renderer.with_distributions(plain, (found,))
    ))}  # fmt: skip
    assert set(families) == {"wardops_test_age_seconds", "wardops_test_lasted_seconds"}
    lasted = families["wardops_test_lasted_seconds"].samples
    assert {s.labels["device"] for s in lasted} == {"gateway"}
    assert [s.value for s in lasted if "le" in s.labels] == [1, 3, 4]
    assert renderer.with_distributions(plain, ()) is plain
    strange = Metric("wardops_strange_seconds", "histogram", "Strange.", (), "seconds")
    with pytest.raises(NotInCatalogue):
        renderer.with_distributions(plain, (Distribution(strange, (), (), 0, 0.0),))


@given(texts)
def test_cleaning_keeps_the_rules_and_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 64
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in cleaned)
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_bytes_that_were_no_utf8_become_the_replacement_character() -> None:
    assert clean(b"t\xe2ng 1".decode("utf-8", "surrogateescape")) == "t\ufffdng 1"


@pytest.mark.parametrize(
    "text",
    ["NOC 028 3829 1234", "goi 0901234567", "+84 90 123 45 67", "(028) 3829-1234", "x@ward.example",
     "84901234567"],
)  # fmt: skip
def test_what_looks_like_a_phone_number_or_address_of_a_person_is_redacted(text: str) -> None:
    assert label_value("ifAlias", text) == "redacted"
    assert label_value("ifAlias", "uplink " * 12 + text) == "redacted", "looked for before the cut"


@pytest.mark.parametrize(
    "text",
    ["GigabitEthernet1/0/48", "Gi0/0/0/1.2011", "10.16.0.1", "uplink 100Mbps", "2026-11-21",
     "00:11:22:33:44:55", "VLAN 0100", "MTN-26740-1", "Vlan1234567890", "SN0123456789A"],
)  # fmt: skip
def test_ports_addresses_and_serials_are_not_taken_for_people(text: str) -> None:
    assert not is_personal(text)
    assert label_value("ifName", text) == text


def test_labels_that_come_from_the_inventory_are_never_redacted() -> None:
    assert label_value("circuit", "0901234567") == "0901234567"
