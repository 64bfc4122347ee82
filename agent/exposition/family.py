"""The header of a family, which is all that differs between the two formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.model import Metric


@dataclass(frozen=True, slots=True)
class Format:
    """One text format: its content type, and whether it is OpenMetrics."""

    content_type: str
    openmetrics: bool = False

    @property
    def trailer(self) -> bytes:
        """What ends the whole output."""
        return b"# EOF\n" if self.openmetrics else b""


TEXT = Format("text/plain; version=0.0.4; charset=utf-8")
OPENMETRICS = Format("application/openmetrics-text; version=1.0.0; charset=utf-8", openmetrics=True)
OPENMETRICS_0_0_1 = Format(
    "application/openmetrics-text; version=0.0.1; charset=utf-8", openmetrics=True
)

_SUFFIX = {"counter": "_total", "info": "_info"}
# OpenMetrics 1.0, "Suffixes": names that a family of the type claims beside its own.
_CLAIMED = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "info": ("_info",),
}


def openmetrics_type(metric: Metric) -> str:
    """The type in OpenMetrics: a well-known counter without `_total` is `unknown` there.

    Its name must not change with the format, and OpenMetrics knows no counter without the suffix.
    """
    if metric.type in _SUFFIX and not metric.name.endswith(_SUFFIX[metric.type]):
        return "unknown"
    return metric.type


def openmetrics_name(metric: Metric) -> str:
    """The family's name in OpenMetrics: without `_total` or `_info`."""
    return metric.name.removesuffix(_SUFFIX.get(openmetrics_type(metric), ""))


def claimed_names(metric: Metric) -> tuple[str, ...]:
    """Every name that the family takes in OpenMetrics; no two families may share one."""
    own = openmetrics_name(metric)
    suffixes = _CLAIMED.get(openmetrics_type(metric), ())
    return (own, *(own + suffix for suffix in suffixes))


def header(metric: Metric, form: Format) -> bytes:
    """HELP, TYPE and, in OpenMetrics, UNIT when the name ends in it; each line with its feed."""
    text = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
    if not form.openmetrics:
        shown = "gauge" if metric.type == "info" else metric.type
        return f"# HELP {metric.name} {text}\n# TYPE {metric.name} {shown}\n".encode()
    name, kind = openmetrics_name(metric), openmetrics_type(metric)
    text = text.replace('"', '\\"')
    unit = ""
    if metric.unit and kind != "info" and name.endswith(f"_{metric.unit}"):
        unit = f"# UNIT {name} {metric.unit}\n"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n{unit}".encode()
