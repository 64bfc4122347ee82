"""The inventory and the settings that the lab's agent reads: a ward's own files, quick timing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.lab import ward
from tests.lab.ward import (
    CLOCK,
    COMMUNITY,
    DOCUMENTS,
    GATEWAY,
    LOGIN,
    NAME,
    PE_WAN,
    PORTAL_NAME,
    REFLECTOR,
    REGISTRAR,
    RESOLVER,
    SITE,
    VM,
    WARD,
)

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = {
    "schema": "wardops/agent/1",
    "timing": {
        "period_s": 5,
        "watch_s": 2,
        "retry_s": 2,
        "line_retry_s": 1,
        "settle_s": 2,
        "recheck_s": 5,
    },
    "incident": {"stable_s": 4},
}


def write_inventory(folder: Path) -> None:
    """The folder `inventory` as a ward would have it; the certificate comes from elsewhere."""
    files = {
        "agent.yaml": PROFILE,
        "site.yaml": {"schema": "wardops/site/1", "vantage": "ward"},
        f"wards/{WARD}.yaml": _ward(),
    }
    for name, content in files.items():
        _write(folder / name, _yaml(content))
    user, _, password = LOGIN.partition(":")
    _write(folder / "secrets/snmp", f"{COMMUNITY}\n", mode=0o600)
    _write(folder / "secrets/vc.yaml", _yaml({"user": user, "password": password}), mode=0o600)


def _ward() -> dict[str, Any]:
    snmp = {"auth": "file:secrets/snmp"}
    return {
        "schema": "wardops/inventory/1",
        "ward": WARD,
        "agent_at": "sw",
        "links": [
            {"id": "lab-1", "carrier": "lab-carrier", "circuit": "LAB-1", "commit_mbps": 10,
             "near": "sw:uplink", "via": "ce"},
        ],
        "devices": [
            {"name": "sw", "kind": "generic_switch", "role": "core", "address": ward.SW,
             "snmp": snmp, "uplink": "uplink", "export": "all"},
            {"name": "ce", "kind": "generic_router", "role": "ce", "address": ward.CE,
             "behind": "sw:uplink", "snmp": snmp},
            {"name": "ups", "kind": "ups_rfc1628", "role": "ups", "address": ward.UPS,
             "behind": "sw:ups", "snmp": snmp, "feeds": ["sw", "ce"]},
            {"name": "pc", "kind": "generic_host", "address": ward.PC, "behind": "sw:pc",
             "ping": True, "duty": "always"},
            {"name": "vc", "kind": "cisco_ce", "role": "vc", "address": ward.VC,
             "behind": "sw:vc", "room": "phong-hop", "duty": "always",
             "https": {"auth": "file:secrets/vc.yaml", "ca": "ca.pem"}},
            {"name": "vm", "kind": "linux_vm", "role": "vm", "site": "dc", "address": VM,
             "node_exporter": f"http://{VM}:9100/metrics"},
        ],
        "path": {
            "gateway": {"address": GATEWAY},
            "pe": {"address": PE_WAN},
            "reflector": {"address": REFLECTOR},
        },
        "dns": {
            "city": {"address": RESOLVER},
            "ward": {"address": ward.CE},
            "canary": {"name": NAME, "expect": f"^{SITE}$"},
        },
        "services": [
            _service("tthc", "http_2xx", f"https://{SITE}/", ca="ca.pem"),
            _service("documents", "http_2xx", f"https://{DOCUMENTS}/", ca="ca.pem"),
            _service("portal", "http_2xx", f"http://{PORTAL_NAME}/", family="dual"),
            _service("names", "dns", f"dns://{RESOLVER}/{NAME}", expect=f"^{SITE}$"),
            _service("clock", "ntp", f"ntp://{CLOCK}"),
            _service("registrar", "sip", f"sip://{REGISTRAR}:5060"),
        ],
    }  # fmt: skip


def _service(name: str, module: str, url: str, **more: str) -> dict[str, Any]:
    words = {"vi": f"Dịch vụ {name}", "en": f"Service {name}"}
    return {"id": name, "name": words, "module": module, "url": url, **more}


def _yaml(content: object) -> str:
    stream = io.StringIO()
    YAML().dump(content, stream)
    return stream.getvalue()


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode)
    path.write_text(text, encoding="utf-8")
