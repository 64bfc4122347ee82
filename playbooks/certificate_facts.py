"""What was seen of the certificates of a ward's services, as the facts of group `cert`. Pure.

A run is about one service: the one that it was begun for, else the one whose certificate is in most
trouble when it first looked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playbooks.conditions import RunFact
from playbooks.known import MEASURED
from probes.model import Reason
from probes.services.model import PROBE_CERT_EXPIRY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from inventory.model import Service, Ward
    from playbooks.conditions import Value
    from probes.model import Observation

_DAY_S = 86_400.0
_SCHEMES = ("https", "tls", "sips")
# An expired certificate is refused before its name is looked at, so nothing is said of the name.
_NAME: Mapping[Reason, bool] = {Reason.OK: True, Reason.TLS_NAME: False}
_TRUST: Mapping[Reason, bool] = {Reason.OK: True, Reason.TLS_UNTRUSTED: False}


def services_with_certificate(ward: Ward) -> tuple[Service, ...]:
    """The services that are reached over TLS."""
    return tuple(one for one in ward.services if urlsplit(one.url).scheme in _SCHEMES)


def certificate_facts(
    ward: Ward, seen: Mapping[str, Observation], pinned: str | None, now: datetime
) -> dict[str, RunFact]:
    """Every fact of group `cert` by field; `seen` are the services' newest runs by service."""
    services = services_with_certificate(ward)
    if not services:
        return dict.fromkeys(MEASURED["cert"], RunFact(reason="not_applicable"))
    values = [_values(one, seen.get(one.id), now) for one in services]
    chosen = next((one for one in values if one["service"].value == pinned), None)
    return chosen or max(values, key=_trouble)


def _values(service: Service, seen: Observation | None, now: datetime) -> dict[str, RunFact]:
    def fact(value: Value | None) -> RunFact:
        if seen is None:
            return RunFact(reason="not_measured")
        reason = "" if value is not None else str(seen.reason)
        return RunFact(value, reason, seen.probe, seen.started)

    def written(value: Value) -> RunFact:
        return RunFact(value, source="inventory", at=now)

    return {
        "service": written(service.id),
        "name": written({"vi": service.name.vi, "en": service.name.en}),
        "host": written(urlsplit(service.url).hostname or service.url),
        "days_left": fact(_days_left(seen, now)),
        "host_ok": fact(_NAME.get(seen.reason) if seen else None),
        "trusted": fact(_TRUST.get(seen.reason) if seen else None),
    }


def _days_left(seen: Observation | None, now: datetime) -> int | None:
    """Whole days until the certificate ends; below zero when it has."""
    for sample in seen.reading.samples if seen else ():
        if sample.metric == PROBE_CERT_EXPIRY:
            return math.floor((sample.value - now.timestamp()) / _DAY_S)
    return None


def _trouble(values: Mapping[str, RunFact]) -> tuple[float, ...]:
    """How urgent a certificate is: another name, nobody's word for it, the nearest end."""
    left = values["days_left"].value
    is_known = isinstance(left, int)
    return (
        values["host_ok"].value is False,
        values["trusted"].value is False,
        is_known,
        -float(left) if is_known else 0.0,  # type: ignore[arg-type]
    )
