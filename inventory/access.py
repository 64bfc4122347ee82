"""How a device or service may be asked: the ways in, with secrets by reference."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from inventory.credentials import SecretRef
from inventory.values import (
    HOST_KEY,
    HOST_NAME,
    PIN,
    SIP_ADDRESS,
    TEST_URI,
    Address,
    Frozen,
    HttpUrl,
    Name,
)


class SnmpAccess(Frozen):
    """How a device is asked by SNMP. `auth` refers to the community or to the v3 user's YAML.

    Without `version`, YAML with a `user` means 3 and anything else 2c. `context` is the v3 context
    name. `accept_source` are further addresses that the device may answer from.
    """

    auth: SecretRef
    version: Literal["1", "2c", "3"] = "2c"
    port: int = Field(default=161, ge=1, le=65535)
    engine: Literal["auto", "fast", "pysnmp"] = "auto"
    context: Annotated[str, StringConstraints(max_length=32)] = ""
    accept_source: tuple[Address, ...] = ()
    quirks: frozenset[Literal["getnext-broken"]] = frozenset()


class HttpsAccess(Frozen):
    """How a device's HTTPS API is asked. `auth` refers to YAML with `user` and `password`."""

    auth: SecretRef
    port: int = Field(default=443, ge=1, le=65535)
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None
    insecure: bool = False


class SshAccess(Frozen):
    """How a device is asked over SSH. `auth` refers to YAML with `user` and `password`.

    `host_key` is the fingerprint of the device's own key, as `ssh-keygen -lf` shows it. Without one
    nobody logs in: the fingerprint is shown, and a person writes it here. With `sudo` a machine is
    asked by `sudo -n` for what root alone may read.
    """

    auth: SecretRef
    port: int = Field(default=22, ge=1, le=65535)
    host_key: Annotated[str, StringConstraints(pattern=HOST_KEY)] | None = None
    sudo: bool = False


class LibvirtAccess(Frozen):
    """How a host of virtual machines is asked: libvirt over the machine's own ssh, read-only.

    `user` logs in with the key of the user who runs wardops, and the host's key must stand in that
    user's known_hosts. `driver` is the hypervisor behind libvirt.
    """

    user: Name
    port: int = Field(default=22, ge=1, le=65535)
    driver: Literal["qemu", "lxc", "xen"] = "qemu"


class SharesAccess(Frozen):
    """That a file server may be asked which shares people without an account can enter.

    `smb` and `nfs` say by what. `allow` names shares that are meant to be open: names of SMB
    shares, paths of NFS exports.
    """

    smb: bool = False
    nfs: bool = False
    allow: tuple[str, ...] = ()
    smb_port: int = Field(default=445, ge=1, le=65535)
    portmapper_port: int = Field(default=111, ge=1, le=65535)
    nfs_port: int = Field(default=2049, ge=1, le=65535)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.smb or self.nfs):
            raise PydanticCustomError("shares_nothing", "neither smb nor nfs is true")
        return self


class SipEntry(Frozen):
    """Where a SIP registrar says whether a device is registered.

    `address` is the device's address-of-record (`USER@DOMAIN`), `lookup` the registrar's JSON-RPC
    over HTTP, which is asked and never told anything. `ca` and `pin` say whom it is believed to be.
    """

    address: Annotated[str, StringConstraints(pattern=SIP_ADDRESS)]
    lookup: HttpUrl
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None


class SipAccount(Frozen):
    """What a SIP service may be tried with: an account of its own for tests, a room for test calls.

    `auth` refers to YAML with `user` and `password`; with it the account is registered every minute
    and taken back at once. `domain` is that of its address where it is not the server's own name.
    `test_uri` is the one room that a test call may go to.
    """

    auth: SecretRef | None = None
    domain: Annotated[str, StringConstraints(pattern=HOST_NAME)] | None = None
    test_uri: Annotated[str, StringConstraints(pattern=TEST_URI)] | None = None
