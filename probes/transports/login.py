"""Reads a login out of a secret: YAML with `user` and `password`, or `user:password`.

For SSH the YAML may hold `private_key` instead of a password.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from inventory.credentials import Secret
from probes.errors import NotConfigured

_MAPPING = re.compile(r":\s|^\{")  # without one of these, YAML holds no mapping


def login_of(secret: Secret) -> tuple[str, Secret]:
    """User name and password; raises NotConfigured when the secret has neither form."""
    told = _told(secret)
    user, password = told.get("user"), told.get("password")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        raise NotConfigured("login_shape")
    return user, Secret(password)


def ssh_login_of(secret: Secret) -> tuple[str, Secret, Secret | None]:
    """User name, password and private key, of which one is given; an absent password is empty.

    Raises NotConfigured when the secret has neither.
    """
    told = _told(secret)
    user, key = told.get("user"), told.get("private_key")
    if isinstance(key, str) and key.strip() and isinstance(user, str) and user:
        return user, Secret(""), Secret(f"{key.strip()}\n")
    return (*login_of(secret), None)


def _told(secret: Secret) -> dict[Any, Any]:
    text = secret.reveal().strip()
    told = _yaml(text) if _MAPPING.search(text) else None
    if isinstance(told, dict):
        return told
    user, _colon, password = text.partition(":")
    return {"user": user, "password": password}


def _yaml(text: str) -> Any:
    try:
        return YAML(typ="base").load(text)  # base: a password of digits stays text
    except (YAMLError, ValueError):
        return text
