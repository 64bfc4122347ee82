"""Rules for UPSes, power distribution and what stands beside them.

Sources: UPS-MIB (RFC 1628), PowerNet-MIB, XUPS-MIB, EATON-EPDU-MIB, LIEBERT-GP-REG-MIB, CPS-MIB and
the firmware names that management cards put into sysDescr (APC: `apc_hw05_rpdu2g_672.bin`).
A transfer switch distributes power: class pdu. A rule that cannot tell gives no class.
"""

from __future__ import annotations

from probes.snmp.identify_rule import Rule

_PDU = r"(?i)\be?PDU|\bRPC\b|power distribution|power strip|\bATS\b|transfer switch|\bMPX|\bMPH"
_UPS = r"(?i)\bUPS|uninterruptib"

# Makers of UPSes alone, by enterprise number; a PDU of theirs says so in its text.
_UPS_MAKERS = (
    ("818", "Victron"),
    ("850", "Tripp Lite"),
    ("2254", "Delta"),
    ("4555", "Socomec"),
    ("5491", "Riello"),
    ("6050", "Gamatronic"),
    ("37662", "Ablerex"),
    ("40614", "East Power"),
    ("43943", "Voltronic"),
    ("53973", "ABB"),
)

POWER = (
    # Tripp Lite's console servers bear the number of its UPSes.
    Rule("850", "Tripp Lite", "tripplite_console", "other", r"\bB09\d|(?i:console)"),
    *(
        Rule(number, vendor, f"ups_{vendor.lower().replace(' ', '')}", "ups", r"^(?!.*\bPDU)")
        for number, vendor in _UPS_MAKERS
    ),
    *(Rule(number, vendor, "pdu", "pdu", _PDU) for number, vendor in _UPS_MAKERS),
    Rule("318", "APC", "ups_apc", "ups"),
    Rule("318", "APC", "apc_pdu", "pdu", r"(?i)_[cer]?pdu|_ats|\b[CE]?PDU\b|rack pdu"),
    # Their number is that of UPSes and PDUs alike, so the class is left open.
    Rule(
        "318", "APC", "apc_environment", "unknown", r"(?i)_nb\d|NetBotz|_aem\d|_rack ?access|_ems"
    ),
    Rule("318.1.3.4", "APC", "apc_pdu", "pdu"),
    Rule("318.1.3.4.9", "APC", "apc_pdu", "pdu", "", r"^(EPDU\w+)"),
    Rule("318.1.3.8", "APC", "apc_environment", "unknown"),
    Rule("318.1.3.11", "APC", "apc_ats", "pdu"),
    Rule("5528", "APC", "netbotz", "other"),
    Rule("52674", "APC", "netbotz", "other"),
    Rule("", "APC", "apc_pdu", "pdu", r"^(?:APC )?EPDU\d", r"^(?:APC )?(EPDU\w+)"),
    Rule("", "APC", "apc_pdu", "pdu", r"apc_hw\d+_(?:rpdu|ats)"),
    Rule("", "APC", "ups_apc", "ups", r"apc_hw\d+_(?:su|sumx|sy|g2?\d)\w*_\d"),
    Rule("3833", "APC", "ups_schneider", "ups", r"(?i)\bUPS|Galaxy|Symmetra|Easy UPS"),
    Rule(
        "534",
        "Eaton",
        "ups_eaton_xups",
        "ups",
        rf"{_UPS}|\b(?:5|9)(?:P|PX|S|SX|E|3|5|9)",
        r"^Eaton (.+)",
    ),
    Rule("534", "Eaton", "eaton_pdu", "pdu", _PDU),
    Rule("534.1", "Eaton", "ups_eaton_xups", "ups", "", r"^Eaton (.+)"),
    Rule("534.2", "Eaton", "ups_eaton_xups", "ups"),
    Rule("534.10", "Eaton", "ups_eaton_xups", "ups"),
    Rule("534.6.6", "Eaton", "eaton_pdu", "pdu"),
    Rule("705", "Eaton", "ups_eaton_mge", "ups", r"(?i)UPS|Galaxy|Pulsar|Evolution|Comet"),
    Rule("705.1", "Eaton", "ups_eaton_mge", "ups", "", r"^(?:Eaton )?(.+)"),
    Rule("705.2", "Eaton", "eaton_pdu", "pdu"),
    Rule(
        "",
        "Eaton",
        "ups_eaton",
        "ups",
        r"(?i)^(?:Eaton|Powerware|MGE)\b(?!.*PDU).*(?:UPS|\b[59]P|\b9\d)",
    ),
    Rule("476.1.42", "Vertiv", "ups_liebert", "ups", "", r"^Liebert (.+)"),
    Rule("476.1.42", "Vertiv", "vertiv_pdu", "pdu", _PDU),
    Rule(
        "476.1.42", "Vertiv", "liebert_cooling", "other", r"(?i)\bCRV|\bPDX|\bPCW|cooling|thermal"
    ),
    Rule("13400", "Emerson", "ups_emerson", "ups"),
    Rule("6302", "Emerson", "ups_emerson", "ups"),
    Rule("21239", "Vertiv", "geist", "pdu"),
    Rule("21239", "Vertiv", "geist_sensor", "other", r"(?i)watch ?dog|environment"),
    Rule("10418.17", "Vertiv", "avocent_pdu", "pdu"),
    Rule("10418", "Vertiv", "avocent", "other"),
    Rule("13742", "Raritan", "raritan_pdu", "pdu", "", r"^(PX\S*)"),
    Rule("13742", "Raritan", "raritan_kvm", "other", r"(?i)\b[DK]S?X|\bKVM|Dominion"),
    Rule("1718", "Server Technology", "sentry", "pdu"),
    Rule("2606", "Rittal", "rittal_pdu", "pdu", _PDU),
    Rule("28507", "Gude", "gude", "pdu"),
    Rule("28507", "Gude", "gude_sensor", "other", r"(?i)sensor"),
    Rule("31034", "Schleifenbauer", "schleifenbauer", "pdu"),
    Rule("38446", "Enlogic", "enlogic", "pdu"),
    Rule("30966", "Clever", "clever_pdu", "pdu"),
    Rule("19536", "Panduit", "panduit_pdu", "pdu"),
    Rule("21317", "ATEN", "aten_pdu", "pdu", r"(?i)\bPE\d{4}|PDU"),
    Rule("3808", "PowerWalker", "ups_powerwalker", "ups", r"(?i)PowerWalker|BlueWalker"),
    Rule("3808", "CyberPower", "ups_cyberpower", "ups"),
    Rule("3808", "CyberPower", "cyberpower_pdu", "pdu", r"(?i)PDU|\bATS"),
    Rule("935", "Phoenixtec", "ups_megatec", "ups"),
    Rule("935", "Santak", "ups_megatec", "ups", r"(?i)\bSantak"),
    Rule("935", "Phoenixtec", "megatec_pdu", "pdu", _PDU),
    Rule("935.10.1", "PowerWalker", "ups_megatec", "ups"),
    Rule("232.165", "HPE", "hpe_pdu", "pdu", _PDU),
    Rule("232.165", "HPE", "ups_hpe", "ups", _UPS),
    Rule("232.165.3", "HPE", "ups_hpe", "ups"),
    # CPQPOWER-MIB: pdu 2, modular pdu 5, intelligent ones behind.
    *(Rule(f"232.165.{arc}", "HPE", "hpe_pdu", "pdu") for arc in (2, 5, 7, 10, 11)),
    Rule("674", "Dell", "dell_pdu", "pdu", _PDU),
    Rule("674", "Dell", "ups_dell", "ups", _UPS),
    Rule("674.10902", "Dell", "ups_dell", "ups"),
    Rule("674.10903", "Dell", "dell_pdu", "pdu"),
    # Cards that answer with the UPS-MIB's own number: the text says whose.
    Rule(".1.3.6.1.2.1.33", "Generex", "ups_rfc1628", "ups", r"(?i)\bCS1[24]1\b|\bBACS|SNMP Agent"),
    Rule(".1.3.6.1.2.1.33", "Riello", "ups_riello", "ups", r"(?i)NetMan|Riello"),
    Rule(".1.3.6.1.2.1.33", "Socomec", "ups_socomec", "ups", r"(?i)Socomec|Net ?Vision"),
    Rule(".1.3.6.1.2.1.33", None, "ups_rfc1628", "ups"),
)
