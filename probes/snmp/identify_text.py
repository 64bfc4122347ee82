"""The last rules: what a device calls itself in plain words, whoever made it.

They are asked where no rule of a maker holds. Power and meeting rooms come first: what is neither
switch nor printer must not be taken for one because its text mentions the other. The text of a
general-purpose system (`Linux name release …`) holds a name that its owner chose, so no word of it
counts.
"""

from __future__ import annotations

from probes.snmp.identify_rule import Rule

# Gateways that pass no packets on: of sensors, of mail, of the web, of telephones.
_NOT_NETWORK = "".join(f"(?<!{word} )" for word in ("sensor", "mail", "web", "voice", "media"))
_OWN_WORDS = r"(?i)^(?!(?:Linux|FreeBSD|SunOS|Darwin|Hardware:) ).*"

WORDS = tuple(
    Rule("", None, None, device_class, _OWN_WORDS + pattern)
    for device_class, pattern in (
        ("pdu", r"(?:\be?PDU\b|power distribution unit|transfer switch|power switch)"),
        ("ups", r"(?:\bUPS(?:\b|\d)|uninterruptible|\bNetAgent\b)"),
        (
            "other",
            r"(?:\bKVM\b|media converter|serial (?:device )?server|\bOLT\b|[EG]PON|projector)",
        ),
        ("mcu", r"(?:\bMCU\b|conference (?:bridge|server))"),
        ("video", r"(?:tele-?presence|video ?conferenc|\bH\.?323\b|\bcodec\b)"),
        ("phone", r"(?:\bIP[ -]?phone|\bSIP[ -]?phone|\bVoIP|telephone)"),
        (
            "camera",
            r"(?:network camera|\bIP ?-?camera|\bNVR\b|\bDVR\b|network video|dome camera|\bIPCAM)",
        ),
        ("printer", r"(?:printer|print server|\bMFP\b|multifunction|laserjet|photocopier)"),
        ("bmc", r"(?:\bBMC\b|\bIPMI\b|baseboard management|lights[- ]out)"),
        ("firewall", r"(?:firewall|\bNGFW\b|\bUTM\b|security (?:gateway|appliance))"),
        ("ap", r"(?:access[ -]?point|wireless (?:lan )?controller|\bWLAN\b|\bwi-?fi\b)"),
        ("storage", r"(?:\bNAS\b|network attached storage|storage (?:array|system))"),
        ("switch", r"(?:switch(?!board|-mode|ed)|\bL[23] managed\b)"),
        ("router", rf"(?:\brouter\b|{_NOT_NETWORK}\bgateway\b|\bCPE\b)"),
    )
)
