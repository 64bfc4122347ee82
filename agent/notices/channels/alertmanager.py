"""Alerts to Prometheus Alertmanager: `POST /api/v2/alerts`, one alert per incident.

An alert that fires is said again every minute with `endsAt` five minutes ahead, so that it neither
ends by itself while the agent lives nor stays for ever when the agent is gone for good; an ended
one is repeated for five minutes. API: github.com/prometheus/alertmanager, api/v2/openapi.yaml.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agent.notices.channel import NotDelivered
from agent.notices.model import Notice, NoticeType, Recipient, lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from agent.notices.model import Body
    from agent.notices.post import Poster
    from probes.clock import Clock

PATH = "/api/v2/alerts"
LASTS = timedelta(minutes=5)


class AlertmanagerChannel:
    """All Alertmanagers of one cluster; one that takes an alert is enough, gossip does the rest."""

    def __init__(
        self, urls: Sequence[str], poster: Poster, clock: Clock, recipient: Recipient
    ) -> None:
        self._urls = tuple(url.rstrip("/") + PATH for url in urls)
        self._poster = poster
        self._clock = clock
        self._recipient = recipient

    async def send(self, notice: Notice) -> None:
        """Post it; raises NotDelivered when no Alertmanager took it."""
        await self._post(alerts_of(notice, self._clock.now()))

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """Post again what fires, and what ended in the last minutes; raises NotDelivered."""
        alerts = list(_standing(rows, self._recipient, self._clock.now()))
        if alerts:
            await self._post(alerts)

    async def close(self) -> None:
        """Close the connections."""
        await self._poster.close()

    async def _post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        body = json.dumps(alerts, ensure_ascii=False).encode()
        failures: list[NotDelivered] = []
        for url in self._urls:
            try:
                await self._poster.post(url, body, {})
            except NotDelivered as failure:
                failures.append(failure)
        if len(failures) == len(self._urls):
            raise NotDelivered(
                "; ".join(map(str, failures)), for_good=all(one.for_good for one in failures)
            )


def alerts_of(notice: Notice, now: datetime) -> list[dict[str, Any]]:
    """What one notice says: fires, ends, or ends under its old labels and fires under new ones."""
    body = notice.body
    if notice.type is NoticeType.RECOVERY:
        return [_alert(body, body.labels, body.end or now)]
    alerts = [_alert(body, body.labels, now + LASTS)]
    if body.labels_before and body.labels_before != body.labels:
        alerts.insert(0, _alert(body, body.labels_before, now))
    return alerts


def _standing(
    rows: Sequence[Notice], recipient: Recipient, now: datetime
) -> Iterable[dict[str, Any]]:
    for subject in sorted({row.subject for row in rows}):
        mine = lane(rows, subject, recipient)
        if any(row.is_waiting for row in mine.rows):
            continue  # the next thing said about it is on its way
        if mine.said is not None:
            yield _alert(mine.said, mine.said.labels, now + LASTS)
        elif mine.rows and mine.rows[-1].type is NoticeType.RECOVERY:
            ended = mine.rows[-1]
            if ended.sent is not None and now - ended.sent < LASTS:
                yield _alert(ended.body, ended.body.labels, ended.body.end or now)


def _alert(body: Body, labels: Mapping[str, str], ends: datetime) -> dict[str, Any]:
    return {
        "labels": dict(labels),
        "annotations": {
            "summary_vi": body.text.vi, "summary_en": body.text.en, "incident": body.incident,
        },
        "startsAt": body.start.isoformat(),
        "endsAt": ends.isoformat(),
    }  # fmt: skip
