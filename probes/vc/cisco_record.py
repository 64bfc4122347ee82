"""`wardops probe --record` of a Cisco endpoint: its status tree without what belongs to its owner.

What is kept is named here; all else stands as an empty node, so that the shape can be learned from:
numbers and switches, and words of the xAPI where its schema has a closed set of them. Trees of
bookings, calls of the past, phone books, certificates and web views are not even that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from probes.record import Recorded
from probes.snmp.redact import Redacted
from probes.vc.cisco_ce import page_of, parse
from probes.vc.cisco_shell import status_by_ssh

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target

_TREES = frozenset(
    (
        *("Audio", "Call", "Camera", "Cameras", "Capabilities", "Diagnostics", "H323"),
        *("MediaChannels", "Network", "NetworkServices", "Peripherals", "SIP", "Standby"),
        *("SystemUnit", "Time", "Video", "Webex"),
    )
)
# Nodes whose value belongs to somebody, whatever it looks like: a telephone number is a number.
_PRIVATE = re.compile(
    r"(?:Address|BSSID|Code|DeviceId|Domain|Email|Fingerprint|Hostname|Id|ID|Key|Name|Number|Owner"
    r"|Passphrase|Password|Pin|PIN|SSID|Secret|Serial|SystemDescr|Title|Token|Uri|URI|Url|URL|User)$"
)
_WORDS = frozenset(
    (
        *("Active", "AnswerState", "Authentication", "CallType", "ChannelRole", "Connected"),
        *("ConnectionStatus", "Direction", "Duplex", "Encryption", "FormatStatus", "FormatType"),
        *("Level", "Mode", "MonitorRole", "Mute", "PlacedOnHold", "PortID", "ProductId"),
        *("ProductPlatform", "ProductType", "Protocol", "ReleaseDate", "Secure", "SignalState"),
        *("Speed", "State", "Status", "SystemTime", "Type", "Verified", "Version", "Platform"),
        "VolumeMute",
    )
)
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_SWITCH = frozenset({"On", "Off", "True", "False"})
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .:/+_-]{0,59}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")
_MARKS = ("item", "maxOccurrence", "ghost")


async def record(target: Target, context: ProbeContext) -> Recorded:
    """Get the status tree and take out what is private. Raises as a poll does."""
    if target.https is not None:
        _page, answer = await page_of(target, context, target.https)
        status = parse(answer, kept=None)
    else:
        status = await status_by_ssh(target, context)
    return Recorded(redacted(status), complete=True)


def redacted(status: Element) -> Redacted:
    """The tree as lines of XML, and how many values were left out."""
    root = Element("Status", _marks(status, ("product", "version", "apiVersion")))
    left_out = sum(_copy(child, root) for child in status)
    indent(root)
    return Redacted(tuple(tostring(root, encoding="unicode").splitlines()), left_out)


def _copy(node: Element, into: Element) -> int:
    """Copy a tree of the first level; how many values of it were left out."""
    if node.tag not in _TREES:
        if _NAME.fullmatch(node.tag):
            SubElement(into, node.tag)
        return sum(bool((leaf.text or "").strip()) for leaf in node.iter())
    return _copied(node, into)


def _copied(node: Element, into: Element) -> int:
    if not _NAME.fullmatch(node.tag):
        return 1
    copy = SubElement(into, node.tag, _marks(node, _MARKS))
    told = (node.text or "").strip()
    left_out = 0
    if told and _is_kept(node.tag, told):
        copy.text = told
    elif told:
        left_out = 1
    return left_out + sum(_copied(child, copy) for child in node)


def _is_kept(name: str, told: str) -> bool:
    """Whether a value may leave the house: closed words and measures, never what names somebody."""
    if name in _WORDS:
        return _WORD.fullmatch(told) is not None
    if _PRIVATE.search(name):
        return False
    return told in _SWITCH or _NUMBER.fullmatch(told) is not None


def _marks(node: Element, names: tuple[str, ...]) -> dict[str, str]:
    return {
        name: value
        for name in names
        if (value := node.get(name)) is not None and _WORD.fullmatch(value)
    }
