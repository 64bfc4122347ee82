"""The table of all families that may be written, in the order in which they are written."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.exposition.family import claimed_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probes.model import Metric


class NotInCatalogue(TypeError):
    """A sample's metric is not (or not as it stands) in the catalogue: a mistake in a probe."""


class DoubledName(TypeError):
    """Two families claim one name."""


class Catalogue:
    """All families by name, in order; a name that two different families claim is refused.

    The same `Metric` value may come from several probes; it counts once.
    """

    def __init__(self, metrics: Iterable[Metric]) -> None:
        by_name: dict[str, Metric] = {}
        claimed: dict[str, str] = {}
        for metric in metrics:
            if by_name.get(metric.name) == metric:
                continue
            for name in {metric.name, *claimed_names(metric)}:
                if name in claimed:
                    msg = f"metric {metric.name}: {name} is already taken by {claimed[name]}"
                    raise DoubledName(msg)
                claimed[name] = metric.name
            by_name[metric.name] = metric
        self._by_name: Mapping[str, Metric] = MappingProxyType(by_name)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, metric: Metric) -> bool:
        known = self._by_name.get(metric.name)
        return known is metric or known == metric

    def require(self, metric: Metric) -> None:
        """Raise NotInCatalogue unless this very metric is in the table."""
        if metric not in self:
            msg = f"metric {metric.name} is not in the catalogue as its probe declares it"
            raise NotInCatalogue(msg)
