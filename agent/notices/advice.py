"""What a message adds to its incident: the ward's name, the playbook to open, whom to call."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from agent.notices.wording import Advice
from inventory.language import say
from inventory.values import Words
from playbooks.escalation import chain, contact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.model import Unit
    from playbooks.escalation import Escalation
    from playbooks.model import Playbook
    from playbooks.verdict.model import Verdict


def advice_for(
    unit: Unit,
    verdict: Verdict | None,
    library: Mapping[str, Playbook],
    escalation: Escalation,
) -> Advice:
    """What is known for a ward under its present verdict; nothing is made up."""
    if verdict is None:
        return Advice(Words(vi=unit.name, en=unit.name))
    found = library.get(verdict.playbook)
    what = None
    if found is not None:
        title = found.title.model_dump()
        what = Words(
            vi=say("notice.playbook", "vi", id=found.id, title=title),
            en=say("notice.playbook", "en", id=found.id, title=title),
        )
    called = contact(escalation, verdict.call[0], unit.code) if verdict.call else None
    call = None
    if called is not None:
        number = f" ({called.phone})" if called.phone else ""
        call = Words(vi=called.name.vi + number, en=called.name.en + number)
    return Advice(Words(vi=unit.name, en=unit.name), what, call, verdict.playbook)


def waits_for(escalation: Escalation, ward: str) -> dict[str, timedelta]:
    """How long each level of a ward's chain waits: the times of those below it to take a call on.

    A level without a time of its own keeps those above it waiting no longer.
    """
    levels = chain(escalation, ward)
    minutes = accumulate((one.ack_min or 0 for one in levels), initial=0)
    return {
        one.level.partition("@")[0]: timedelta(minutes=after)
        for one, after in zip(levels, minutes, strict=False)
    }
