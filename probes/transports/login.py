"""Reads a login out of a secret: YAML with `user` and `password`, or `user:password`.

For SSH the YAML may hold `private_key` instead of a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.credentials import Secret
from inventory.login import login_words
from probes.errors import NotConfigured
from probes.transports.model import ShellHost

if TYPE_CHECKING:
    from inventory.access import SshAccess


def login_of(secret: Secret) -> tuple[str, Secret]:
    """User name and password; raises NotConfigured when the secret has neither form."""
    told = login_words(secret)
    user, password = told.get("user"), told.get("password")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        raise NotConfigured("login_shape")
    return user, Secret(password)


def shell_host_of(host: str, access: SshAccess, secret: Secret) -> ShellHost:
    """Who logs in where: by the private key that the secret holds, else by its password.

    Raises NotConfigured when the secret has neither.
    """
    told = login_words(secret)
    user, key = told.get("user"), told.get("private_key")
    if isinstance(key, str) and key.strip() and isinstance(user, str) and user:
        own_key = Secret(f"{key.strip()}\n")
        return ShellHost(host, access.port, user, Secret(""), access.host_key, own_key)
    name, password = login_of(secret)
    return ShellHost(host, access.port, name, password, access.host_key)
