"""What hinders the agent itself, for every screen: the journal, the disk, floods. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agent.hints.model import Channel

TroubleCode: TypeAlias = Literal[
    "journal_not_writable",
    "disk_full",
    "lines_lost",
    "journal_put_aside",
    "flood",
    "datagrams_lost",
    "link_token",
    "link_ward",
    "link_twice",
    "link_tls",
    "link_secret",
]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One of them; `values` fill the sentence that its code stands for."""

    code: TroubleCode
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hindrances:
    """What the parts of the agent know of it.

    `waiting` counts the lines that wait for a journal that takes none, None when it takes them;
    `lost` those that were given up lately. `aside` names damaged journals that lie in the state
    folder. `floods` counts the messages left out by ward and device while a flood lasts, `losses`
    those by channel that the kernel dropped before anybody read them. `link` is why the hub does
    not take this ward's beats, None while it does or cannot be reached.
    """

    waiting: int | None = None
    disk_full: bool = False
    lost: int = 0
    aside: Sequence[str] = ()
    floods: Mapping[tuple[str, str], int] = field(default_factory=dict)
    losses: Mapping[Channel, int] = field(default_factory=dict)
    link: TroubleCode | None = None


def troubles_of(found: Hindrances) -> tuple[Trouble, ...]:
    """What a screen says of it, the worst first."""
    return tuple(_troubles(found))


def _troubles(found: Hindrances) -> Iterator[Trouble]:
    if found.waiting is not None:
        yield Trouble("journal_not_writable", {"count": found.waiting})
    if found.disk_full:
        yield Trouble("disk_full")
    if found.lost:
        yield Trouble("lines_lost", {"count": found.lost})
    for name in found.aside:
        yield Trouble("journal_put_aside", {"file": name})
    if found.link is not None:
        yield Trouble(found.link)
    for (_ward, device), count in found.floods.items():
        yield Trouble("flood", {"device": device, "count": count})
    for channel, count in found.losses.items():
        yield Trouble("datagrams_lost", {"channel": channel, "count": count})
