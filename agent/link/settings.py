"""The `hub:` and `link:` parts of agent.yaml: whom a ward's agent calls, where a hub is called.

And the tokens of `access.yaml`, each of one ward. A hub keeps digests alone.
"""

from __future__ import annotations

from datetime import date
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from inventory.credentials import SecretRef
from inventory.document import read
from inventory.errors import InventoryError
from inventory.validate import validate
from inventory.values import PIN, Frozen, WardCode

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import AgentConfig
    from inventory.document import Document
    from inventory.errors import Problem
    from inventory.model import Inventory

ACCESS = "access.yaml"
AGENT = "agent.yaml"


class HubSettings(Frozen):
    """The hub that a ward's agent calls. `token` refers to the secret that is this ward's alone.

    The hub's certificate is checked against the machine's authorities, against those in the file
    `ca` (relative to the inventory folder), or it is the very one that `pin` names.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s/?#@]+/?$")]
    token: SecretRef
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None


class LinkSettings(Frozen):
    """Where a hub is called by its wards' agents: `HOST:PORT`, its certificate and key (PEM)."""

    listen: str
    cert: str
    key: str


class WardToken(Frozen):
    """The digest of one ward's token; `expires` is its last day, `from` whence it may come."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    role: Literal["link"]
    wards: Annotated[tuple[WardCode, ...], Field(min_length=1, max_length=1)]
    expires: date | None = None
    from_: tuple[IPv4Network | IPv6Network, ...] = Field(alias="from", default=())


class AccessFile(Frozen):
    """`access.yaml`: who may ask what. In this release the tokens of the wards' agents."""

    schema_: Literal["wardops/access/1"] = Field(alias="schema")
    tokens: tuple[WardToken, ...] = ()


def read_access(folder: Path, inventory: Inventory) -> AccessFile:
    """The tokens of an inventory folder; none without the file.

    Raises InventoryError with every problem as `file:line:column key: …`.
    """
    path = folder / ACCESS
    if not path.is_file():
        return AccessFile(schema="wardops/access/1")
    document = read(path, ACCESS)
    found, problems = validate(AccessFile, document)
    strangers = _strangers(found, document, inventory) if found is not None else ()
    if found is None or problems or document.problems or strangers:
        raise InventoryError((*document.problems, *problems, *strangers))
    return found


def _strangers(access: AccessFile, document: Document, inventory: Inventory) -> tuple[Problem, ...]:
    return tuple(
        document.problem(("tokens", number, "wards", 0), "link.unknown_ward", ward=token.wards[0])
        for number, token in enumerate(access.tokens)
        if token.wards[0] not in inventory.wards
    )


def refuse_misplaced(folder: Path, config: AgentConfig, inventory: Inventory) -> None:
    """Raise InventoryError when the wrong end of the link is configured for this vantage."""
    is_hub = inventory.vantage == "hub"
    key = "hub" if config.hub is not None and (is_hub or len(inventory.wards) != 1) else None
    key = "link" if config.link is not None and not is_hub else key
    if key is not None:
        document = read(folder / AGENT, AGENT)
        raise InventoryError((document.problem((key,), f"link.misplaced_{key}"),))
