"""What the inventory's values are made of: how addresses, names and secrets are written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


def _written(value: object) -> object:
    """Refuse numbers where an address is meant: `ipaddress` would read 10 as 0.0.0.10."""
    if isinstance(value, int | bytes):
        kind = "ip_any_address"
        raise PydanticCustomError(kind, "an address is written as text")
    return value


# Named so that the sentence about a wrong value can be found by its pattern.
WARD_CODE = r"^\d{5}$"
NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
HOST_NAME = r"^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$"
HTTP_URL = r"^https?://[^\s/?#]+[^\s]*$"
TEST_URI = r"^sip:[A-Za-z0-9._~!$&'*+=%-]{1,64}@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$"
SIP_ADDRESS = r"^[A-Za-z0-9._~+-]{1,64}@[A-Za-z0-9.-]{1,253}$"
PIN = r"^sha256:[0-9a-f]{64}$"
HOST_KEY = r"^SHA256:[A-Za-z0-9+/]{43}$"
WORLD = r"^udp://[0-9.]+:\d+$"

Address: TypeAlias = Annotated[IPv4Address | IPv6Address, BeforeValidator(_written)]
Realm: TypeAlias = Literal["live", "drill", "sim"]
Vantage: TypeAlias = Literal["ward", "hub"]
LineProfile: TypeAlias = Literal["hd-meeting", "telepresence", "audio-only"]
WardCode: TypeAlias = Annotated[str, StringConstraints(pattern=WARD_CODE)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=NAME)]
HttpUrl: TypeAlias = Annotated[str, StringConstraints(pattern=HTTP_URL)]


class Frozen(BaseModel):
    """Base of every value that is read from a file: unknown keys are errors, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Frozen):
    """A text that people read, in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)
