"""Reads user and password out of a secret: YAML with the two keys, or `user:password`."""

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
    text = secret.reveal().strip()
    told = _yaml(text) if _MAPPING.search(text) else text
    if isinstance(told, dict):
        user, password = told.get("user"), told.get("password")
    else:
        user, _colon, password = text.partition(":")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        raise NotConfigured("login_shape")
    return user, Secret(password)


def _yaml(text: str) -> Any:
    try:
        return YAML(typ="base").load(text)  # base: a password of digits stays text
    except (YAMLError, ValueError):
        return text
