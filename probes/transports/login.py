"""Reads user and password out of a secret: YAML with the two keys, or `user:password`."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from inventory.credentials import Secret
from probes.errors import NotConfigured


def login_of(secret: Secret) -> tuple[str, Secret]:
    """User name and password; raises NotConfigured when the secret has neither form."""
    text = secret.reveal().strip()
    try:
        told: Any = YAML(typ="base").load(text)  # base: a password of digits stays text
    except (YAMLError, ValueError):
        told = text
    if isinstance(told, dict):
        user, password = told.get("user"), told.get("password")
    else:
        user, _colon, password = text.partition(":")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        raise NotConfigured("login_shape")
    return user, Secret(password)
