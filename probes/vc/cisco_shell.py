"""The status tree of a Cisco endpoint over SSH: `xStatus` in XML mode.

The shell of TC, CE and RoomOS says OK when it is ready, and after each setting (API reference
guides, "Connecting to the API" and "The output modes").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import NotConfigured, ParseFailed, ProtocolBroken
from probes.transports.login import shell_host_of
from probes.transports.model import ShellLine
from probes.transports.xml_tree import tree_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from probes.model import ProbeContext, Target

_READY = r"(?m)^OK\s*$"
_TALK = (
    ShellLine("", _READY),
    ShellLine("echo off", _READY),
    # No release agrees with another on what it says to this setting: the tree after it is awaited.
    ShellLine(
        "xpreferences outputmode xml\nxStatus",
        r"</Status>\s*</XmlDoc>|(?m:^(?:ERROR|Command not recognized|Unknown command).*$)",
    ),
    ShellLine("bye", None),
)


async def status_by_ssh(target: Target, context: ProbeContext) -> Element:
    """Log in, ask for the whole status and leave.

    Raises NotConfigured without SSH access or host key, and what the shell and the XML raise.
    """
    access, shell = target.ssh, context.transports.shell
    if access is None:
        raise NotConfigured
    if shell is None:
        raise NotConfigured("no_shell")
    host = shell_host_of(target.host, access, context.secret(access.auth))
    told = await shell.talk(host, _TALK, deadline=context.deadline)
    return _tree(told[2])


def _tree(told: str) -> Element:
    """The status that lies between the shell's words. Raises as `tree_of` does."""
    begin, end = told.find("<Status"), told.rfind("</Status>")
    if begin < 0:
        raise ProtocolBroken("xstatus")
    if end < 0:
        raise ParseFailed("xml", line=told.count("\n") + 1)
    return tree_of(told[begin : end + len("</Status>")].encode())
