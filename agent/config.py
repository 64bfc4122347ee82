"""The agent's settings, from the optional `agent.yaml` of the inventory folder.

Every field has a default that is right for a ward; a missing file means all defaults.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from agent.incidents.rules import IncidentRules
from agent.journal.retention import RetentionSettings
from agent.link.settings import HubSettings, LinkSettings
from agent.notices.settings import NotifySettings
from inventory.values import Frozen


class Timing(Frozen):
    """Rhythm of polling, in seconds. `period_s` overrides the period of every probe."""

    period_s: float | None = Field(default=None, gt=0)
    watch_s: float = Field(default=5.0, gt=0)
    retry_s: float | None = Field(default=None, gt=0)
    line_retry_s: float = Field(default=2.0, gt=0)
    settle_s: float = Field(default=5.0, ge=0)
    recheck_s: float = Field(default=60.0, gt=0)


class IncidentSettings(Frozen):
    """Seconds: of good results until an incident is resolved, and within which it re-opens.

    A single device is doubted for `device_hold_s` after it went HARD; `takeover_s` is how much
    older than its ancestor's fault a symptom may be; `summary_s` after a cause has ended it is said
    what came back.
    """

    stable_s: float = Field(default=120.0, ge=0)
    reopen_s: float = Field(default=600.0, ge=0)
    device_hold_s: float = Field(default=30.0, ge=0)
    takeover_s: float = Field(default=90.0, ge=0)
    summary_s: float = Field(default=90.0, ge=0)

    def rules(self) -> IncidentRules:
        """The rules that the machine follows with these settings."""
        return IncidentRules(
            stable_s=self.stable_s,
            reopen_within_s=self.reopen_s,
            device_hold_s=self.device_hold_s,
            takeover_s=self.takeover_s,
            summary_s=self.summary_s,
        )


LocalRole: TypeAlias = Literal["ward_it", "region_dxc", "city_noc"]


class HttpSettings(Frozen):
    """The HTTP side.

    `advertise` is the `host:port` that `/sd` hands out, the listen address when null. With
    `allow_plaintext` the agent may listen beyond loopback although it speaks no TLS yet.
    `local_role` is the role of whoever can read the state folder's local token.
    """

    advertise: str | None = None
    allow_plaintext: bool = False
    local_role: LocalRole = "ward_it"


class HintSettings(Frozen):
    """Where devices may send traps and syslog lines, as `HOST:PORT`; null is off.

    `traps` and `syslog` are UDP, `syslog_tcp` is TCP. The ports meant for it are 1162 and 1514; a
    redirect leads 162 and 514 there.
    """

    traps: str | None = None
    syslog: str | None = None
    syslog_tcp: str | None = None


class AgentConfig(Frozen):
    """All settings of one agent."""

    schema_: Literal["wardops/agent/1"] = Field(alias="schema", default="wardops/agent/1")
    timing: Timing = Timing()
    incident: IncidentSettings = IncidentSettings()
    http: HttpSettings = HttpSettings()
    notify: NotifySettings = NotifySettings()
    retention: RetentionSettings = RetentionSettings()
    hints: HintSettings = HintSettings()
    hub: HubSettings | None = None
    link: LinkSettings | None = None
