"""A login behind a secret reference: YAML with `user` and `password`, or `user:password`.

For SSH the YAML may hold `private_key` instead of a password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from inventory.access import SshAccess
from inventory.errors import InputError

if TYPE_CHECKING:
    from inventory.access import HttpsAccess, SipAccount
    from inventory.credentials import Secret

_MAPPING = re.compile(r":\s|^\{")  # without one of these, YAML holds no mapping


def login_words(secret: Secret) -> dict[Any, Any]:
    """What the secret holds by key; text that is no YAML mapping is read as `user:password`."""
    text = secret.reveal().strip()
    told = _yaml(text)
    if isinstance(told, dict):
        return told
    user, _colon, password = text.partition(":")
    return {"user": user, "password": password}


def refuse_no_login(access: HttpsAccess | SshAccess | SipAccount, secret: Secret) -> None:
    """Raise InputError, which names the reference alone, for YAML that holds no login.

    Only YAML is judged: a single line may be a token of the device's own form.
    """
    told = _yaml(secret.reveal().strip())
    if not isinstance(told, dict):
        return
    key_fits = isinstance(access, SshAccess) and _is_text(told.get("private_key"))
    if _is_text(told.get("user")) and (key_fits or _is_text(told.get("password"))):
        return
    key = "login_shape_ssh" if isinstance(access, SshAccess) else "login_shape"
    raise InputError(f"inventory.{key}", ref=access.auth)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _yaml(text: str) -> Any:
    try:  # base: a password of digits stays text
        return YAML(typ="base").load(text) if _MAPPING.search(text) else text
    except (YAMLError, ValueError):
        return text
