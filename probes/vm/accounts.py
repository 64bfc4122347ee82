"""Accounts in the configuration that anybody may guess. Never tried, only read; pure."""

from __future__ import annotations

from dataclasses import dataclass

# Names that systems come with, and that everybody tries first.
_DEFAULT_USERS = frozenset(
    """admin administrator guest root sa support sysadmin test user vagrant""".split()  # noqa: SIM905 - a word list
)
# The communities that agents come with.
_DEFAULT_COMMUNITIES = frozenset({"public", "private"})


@dataclass(frozen=True, slots=True)
class Accounts:
    """What stands out among the accounts that a machine is asked with.

    `defaults` are ways with the names of default users (`ssh: root`), or `snmp: community` without
    its word. `wards` is how many wards' machines one of the secrets opens. `is_whole` says that all
    of them could be read.
    """

    defaults: tuple[str, ...] = ()
    wards: int = 1
    is_whole: bool = True


def default_user(way: str, user: str) -> str | None:
    """How a finding names that user; None for one that nobody guesses. Realms (`@pam`) aside."""
    name = user.partition("@")[0].rpartition("\\")[2].strip().lower()
    return f"{way}: {name}" if name in _DEFAULT_USERS else None


def default_community(community: str) -> str | None:
    """How a finding names a community that systems come with; its word is not told."""
    return "snmp: community" if community.strip().lower() in _DEFAULT_COMMUNITIES else None
