"""The SNMPv3 user behind a secret reference: YAML with a name, protocols and passwords.

    user: monitor
    auth: sha256          # md5 sha1 sha224 sha256 sha384 sha512; absent: noAuthNoPriv
    auth_key: …           # a password of at least 8 characters (RFC 3414, 11.2)
    priv: aes128          # des aes128 aes192 aes256 aes192c aes256c; absent: authNoPriv
    priv_key: …

`aes192` and `aes256` lengthen a short key as draft-blumenthal-aes-usm-04 says (net-snmp, Huawei,
HPE), `aes192c` and `aes256c` as draft-reeder-snmpv3-usm-3desede says (Cisco).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from inventory.credentials import Secret
from inventory.errors import InputError

if TYPE_CHECKING:
    from inventory.access import SnmpAccess

AuthProtocol: TypeAlias = Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
PrivProtocol: TypeAlias = Literal["des", "aes128", "aes192", "aes256", "aes192c", "aes256c"]

_PROTOCOLS = {"auth": get_args(AuthProtocol), "priv": get_args(PrivProtocol)}
_OTHER_NAMES = {"sha": "sha1", "aes": "aes128"}  # as net-snmp and device command lines write them
_KEYS = ("user", "auth", "auth_key", "priv", "priv_key")
_MIN_PASSWORD = 8
_MAX_USER_OCTETS = 32  # RFC 3414, 2.4: msgUserName


@dataclass(frozen=True, slots=True)
class SnmpUser:
    """A user of SNMPv3. The level follows from what is given: nothing, auth, or auth and priv."""

    name: str
    auth: AuthProtocol | None = None
    auth_key: Secret | None = None
    priv: PrivProtocol | None = None
    priv_key: Secret | None = None

    @property
    def is_weak(self) -> bool:
        """Whether MD5 or DES is in use, which are broken."""
        return self.auth == "md5" or self.priv == "des"


def snmp_user(access: SnmpAccess, secret: Secret) -> SnmpUser | None:
    """The v3 user that a device is asked as; None when it is asked by community.

    Without a `version` in the inventory, YAML with a `user` means v3. Raises InputError that names
    the reference and the key, never a content.
    """
    told = _mapping(secret)
    is_implied = "version" not in access.model_fields_set and told is not None and "user" in told
    if access.version != "3" and not is_implied:
        return None
    if told is None:
        raise InputError("inventory.v3_shape", ref=access.auth)
    return _user(told, access.auth)


def _mapping(secret: Secret) -> dict[str, Any] | None:
    text = secret.reveal()
    return _parsed(text) if "user" in text else None


@lru_cache(maxsize=64)  # reading YAML takes longer than a poll, and a fleet has few users
def _parsed(text: str) -> dict[str, Any] | None:
    try:  # base: a password of digits stays text
        told: Any = YAML(typ="base").load(text)
    except (YAMLError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _user(told: dict[str, Any], ref: str) -> SnmpUser:
    for key, value in told.items():
        if key not in _KEYS:
            raise InputError("inventory.v3_key", ref=ref, allowed=", ".join(_KEYS))
        if not isinstance(value, str) or not value:
            raise InputError("inventory.v3_value", ref=ref, word=key)
    name = told.get("user", "")
    if not 1 <= len(name.encode()) <= _MAX_USER_OCTETS:
        raise InputError("inventory.v3_user", ref=ref, limit=_MAX_USER_OCTETS)
    if "priv" in told and "auth" not in told:
        raise InputError("inventory.v3_priv_alone", ref=ref)
    auth: Any = _protocol(told, "auth", ref)
    priv: Any = _protocol(told, "priv", ref)
    return SnmpUser(name, auth, _password(told, "auth", ref), priv, _password(told, "priv", ref))


def _protocol(told: dict[str, Any], key: str, ref: str) -> str | None:
    if key not in told:
        return None
    written = told[key].lower().replace("-", "").replace("_", "")
    name: str = _OTHER_NAMES.get(written, written)
    if name not in _PROTOCOLS[key]:
        # What stands there may be a password in the wrong line: it is not repeated.
        raise InputError(
            "inventory.v3_protocol", ref=ref, word=key, names=", ".join(_PROTOCOLS[key])
        )
    return name


def _password(told: dict[str, Any], protocol: str, ref: str) -> Secret | None:
    key = f"{protocol}_key"
    if (protocol in told) != (key in told):
        raise InputError("inventory.v3_pair", ref=ref, protocol=protocol, word=key)
    if key not in told:
        return None
    if len(told[key]) < _MIN_PASSWORD:
        raise InputError("inventory.v3_short", ref=ref, word=key, least=_MIN_PASSWORD)
    return Secret(told[key])
