"""The demo as a newcomer runs it, with a real Prometheus looking on."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from agent.metrics_catalog import RATE_TRUSTED
from probes.snmp.modules import IF_COLUMNS, IF_NUMBER, SYSTEM_SCALARS
from probes.snmp.topology import NEIGHBOR_INFO, POE_DELIVERING, POE_FAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(150)]

WARDOPS = str(Path(sys.executable).with_name("wardops"))
PROMISED = (
    "ifHCInOctets", "ifOperStatus", "sysUpTime", "wardops_device_state", "wardops_ward_info",
    "wardops_ward_verdict", "wardops_vc_up", "wardops_vm_memory_available_bytes",
)  # fmt: skip


def get(url: str, accept: str = "*/*") -> str:
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
        body: bytes = answer.read()
    return body.decode()


def findings_of_promtool(page: str) -> list[str]:
    """What Prometheus' own checker finds, but for what the MIBs name and bits per second."""
    check = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    theirs = {family.name for family in (*IF_COLUMNS, *SYSTEM_SCALARS, IF_NUMBER)}
    theirs |= {RATE_TRUSTED.name, "ifType_info"}  # its labels are those of the ports
    theirs |= {NEIGHBOR_INFO.name, POE_DELIVERING.name, POE_FAULT.name}  # so are theirs
    named = [(line.split(" ", 1)[0], line) for line in check.stderr.splitlines() if line.strip()]
    return [line for name, line in named if name not in theirs and "_bits_per_second" not in name]


@pytest.fixture
def demo(free_port: Callable[[], int]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`wardops demo --for 60` without a terminal, and where it listens."""
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [WARDOPS, "demo", "--for", "60", "--listen", address, "--lang", "en"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process, address
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def prometheus(
    demo: tuple[subprocess.Popen[str], str], tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Callable[[str], list[Any]]]:
    """Debian's Prometheus scraping the demo through /sd; asks it a query."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian package prometheus)")
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 2s, scrape_timeout: 2s}\n"
        "scrape_configs:\n"
        "  - job_name: wardops\n"
        "    honor_labels: true\n"
        f"    http_sd_configs: [{{url: 'http://{demo[1]}/sd', refresh_interval: 1s}}]\n"
        "  - job_name: snmp\n"
        "    metrics_path: /snmp\n"
        "    params: {module: ['if_mib,system']}\n"
        "    static_configs: [{targets: [sw-26740-01]}]\n"
        "    relabel_configs:\n"
        "      - {source_labels: [__address__], target_label: __param_target}\n"
        "      - {source_labels: [__param_target], target_label: instance}\n"
        f"      - {{target_label: __address__, replacement: '{demo[1]}'}}\n",
        encoding="utf-8",
    )
    port = free_port()
    process = subprocess.Popen(
        [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def query(text: str) -> list[Any]:
        asked = urllib.parse.urlencode({"query": text})
        answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?{asked}"))
        found: list[Any] = answer["data"]["result"]
        return found

    try:
        yield query
    finally:
        process.terminate()
        process.wait()


def test_the_demo_holds_what_it_promises_before_a_real_prometheus(
    demo: tuple[subprocess.Popen[str], str],
    prometheus: Callable[[str], list[Any]],
    eventually: Callable[..., Any],
) -> None:
    process, address = demo
    url = f"http://{address}/metrics"

    def complete() -> str:
        text = get(url)
        return text if all(f"\n{name}{{" in text for name in PROMISED) else ""

    eventually(complete)
    openmetrics = get(url, "application/openmetrics-text;version=1.0.0")
    families = list(text_string_to_metric_families(openmetrics))  # type: ignore[no-untyped-call]  # the library has no types here
    assert len(families) > 30
    assert get(f"{url}?ward=26740").count("\nwardops_ward_info{") == 1

    assert eventually(lambda: prometheus("ifHCInOctets"))
    states = eventually(lambda: prometheus('wardops_device_state{state="ok"} == 1'))
    assert {one["metric"]["ward"] for one in states} == {"26740"}

    switch = 'job="snmp",instance="sw-26740-01"'
    assert eventually(lambda: prometheus(f"up{{{switch}}} == 1"))
    # Asked again, as a scrape that came too late on a busy machine takes all its series away.
    assert eventually(lambda: prometheus(f'ifHCInOctets{{{switch},ifName="Gi1/0/24"}}'))
    for page in ("metrics", "snmp?target=sw-26740-01&module=if_mib,system"):
        assert findings_of_promtool(get(f"http://{address}/{page}")) == []

    broken = 'wardops_incident_open{ward="26740",root_kind="metronet"} == 1'
    assert eventually(lambda: prometheus(broken), 40)
    assert eventually(lambda: prometheus('wardops_ward_verdict{segment="metronet"} == 1'))

    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "metronet" in output


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [WARDOPS, "demo", "--for", "5", "--listen", address, "--lang", "en"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert address in done.stderr
