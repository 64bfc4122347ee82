"""Rules for further makers of switches, wireless and routers, and for firewalls.

Sources: as for `identify_network`, and the FASTPATH, ICOS and SONiC conventions, where many makers
share one operating system and one enterprise number.
"""

from __future__ import annotations

from probes.snmp.identify_rule import FIRST_WORD, Rule

_UNIFI_AP = r"\b(?:UAP|UAL|U[67]|E7|UWB|UBB|UDB)(?:-|\b)|UniFi AP"
_UNIFI_SWITCH = (
    r"^(?:USW?|USL|USMINI|USF|USC|ECS)\d*-|EdgeSwitch|UniFi Switch|^UBNT US|^US(?!G)[A-Z]*-?\d"
)
_UNIFI_GATEWAY = r"EdgeOS|EdgeRouter|^(?:UDM|UDR|USG|UXG|UCG|UDW)\b|UniFi (?:Security|Dream)"

SWITCHES = (
    Rule(
        "674",
        "Dell",
        "dell_powerconnect",
        "switch",
        r"(?i)PowerConnect|Networking|\bOS10|Switch",
        r"(?i)(?:PowerConnect|Networking) (\S+?),?(?: |$)",
    ),
    Rule(
        "674.10895",
        "Dell",
        "dell_powerconnect",
        "switch",
        "",
        r"(?i)(?:PowerConnect|Networking) (\S+?),?(?: |$)",
    ),
    Rule("674.11000.5000", "Dell", "dell_os10", "switch"),
    Rule("6027", "Dell", "dell_ftos", "switch"),
    Rule("", "Dell", "sonic", "switch", r"SONiC.*HwSku: (?i:DELL)", r"HwSku: (\S+)"),
    Rule("", "Edgecore", "sonic", "switch", r"SONiC.*HwSku: (?i:Accton|Edge)", r"HwSku: (\S+)"),
    Rule("", None, "sonic", "switch", r"SONiC Software Version", r"HwSku: (\S+)"),
    Rule("8072.3.2", "Dell", "sonic", "switch", r"SONiC.*HwSku: (?i:DELL)", r"HwSku: (\S+)"),
    Rule("8072.3.2", None, "sonic", "switch", r"SONiC Software Version", r"HwSku: (\S+)"),
    Rule("4413.1.2", "Dell", "sonic", "switch", r"HwSku: (?i:DELL)", r"HwSku: (\S+)"),
    Rule("45.3", "Extreme", "extreme_boss", "switch", "", r"(?:Switch |^)(\S+)"),
    Rule("45", "Extreme", "extreme_boss", "switch", r"(?i)Ethernet Routing|BayStack|ERS|Switch"),
    Rule("2272", "Extreme", "extreme_voss", "switch", "", FIRST_WORD),
    Rule("1916.2", "Extreme", "extreme_voss", "switch", r"^(?:VSP|XA)|VOSS|Fabric", FIRST_WORD),
    Rule("1916.2", "Extreme", "extreme_slx", "switch", r"(?i)\bSLX"),
    Rule("1916.2", "Extreme", "extreme_wlan", "ap", r"\bAP\d{3,4}|(?i:wireless)"),
    Rule("1916.2", "Extreme", "extreme_xos", "switch", "", r"\((\w[\w-]+)\)"),
    Rule("1916", "Extreme", "extreme_xos", "switch", r"(?i)Extreme|Summit|Switch"),
    Rule("5624", "Extreme", "enterasys", "switch", "", r"Inc\. (\S+)"),
    Rule("5624", "Extreme", "enterasys_wlan", "ap", r"(?i)wireless|Access Point|Controller"),
    Rule("388", "Extreme", "extreme_wing", "ap"),
    Rule("26928", "Extreme", "aerohive", "ap"),
    Rule("26928", "Extreme", "aerohive_switch", "switch", r"\bSR\d{4}|(?i:switch)"),
    Rule("1991", "Brocade", "ironware", "switch", "", r"Inc\. (\S+?),"),
    Rule("1991", "Ruckus", "ironware", "switch", r"^(?:Ruckus|CommScope)", r"\b(ICX\w+(?:-\w+)*)"),
    Rule("1588", "Brocade", "brocade", "switch"),
    Rule("3902.3", "ZTE", "zte_zxr10", "switch", "", r"ZXR10_?\s?(\S+)"),
    *(Rule(f"3902.{arc}", "ZTE", "zte_zxa10", "other") for arc in (1015, 1082)),  # zxAn: OLTs
    Rule("3902", "ZTE", "zte_zxr10", "switch", r"(?i)ZXR10|switch", r"ZXR10_?\s?(\S+)"),
    Rule("3902", "ZTE", "zte_zxa10", "other", r"(?i)ZXA10|\bC[236]\d0\b|ZXDSL"),
    Rule(
        "3902.3", "ZTE", "zte_zxr10", "router", r"(?i)ZXR10.*\bM6000|\bZXR10 ?R?[12368]\d00.*Router"
    ),
    Rule("5651", "Maipu", "maipu", "switch", "", r"\b(S\w+-[\w-]+)"),
    Rule("5651", "Maipu", "maipu_router", "router", r"(?i)router|\bMP\d{3}"),
    Rule("6339", "DCN", "dcn", "switch", "", r"\b((?:D?CR?S|S)-?\d[\w-]+)"),
    Rule("6339", "DCN", "dcn_wlan", "ap", r"\bDCW|(?i:wireless|Access Point)"),
    Rule("6339", "DCN", "dcn_firewall", "firewall", r"\bDCF[WS]|(?i:firewall)"),
    Rule("259", "Edgecore", "edgecore", "switch", "", r"^(?:Edge-?[Cc]ore )?(\S+)"),
    Rule("259", "Edgecore", "edgecore_ap", "ap", r"\b(?:EAP|ECW|OAP)\d|(?i:Access Point)"),
    Rule("52587", "Edgecore", "edgecore", "switch"),
    Rule("4413", "Ubiquiti", "ubnt_edgeswitch", "switch", _UNIFI_SWITCH, r"^(EdgeSwitch [^,]+)"),
    Rule("4413", "Ubiquiti", "ubnt_olt", "other", r"UISP Fiber|UFiber"),
    Rule("4413", "Ubiquiti", "ubnt_edgeswitch", "switch", r"UISP|\bUbiquiti|UniFi|\bES-\d"),
    Rule("4413", None, "fastpath", "switch"),
    Rule("27282", "Ubiquiti", "ubnt_edgeswitch", "switch"),
    *(
        Rule(prefix, "Ubiquiti", kind, device_class, descr, FIRST_WORD)
        for prefix in ("41112", "10002", "8072.3.2")
        for kind, device_class, descr in (
            ("ubnt_unifi_ap", "ap", rf"^(?:{_UNIFI_AP})"),
            ("ubnt_edgeswitch", "switch", _UNIFI_SWITCH),
            ("ubnt_edgeos", "router", _UNIFI_GATEWAY),
        )
    ),
    Rule("30803", "Ubiquiti", "ubnt_edgeos", "router", r"EdgeOS|EdgeRouter"),
    Rule("8072.3.2", "Ubiquiti", "ubnt_unifi_os", "router", r"^Linux \S+ \S+-(?:ubnt|ui-)\S* "),
    Rule("41112", "Ubiquiti", "ubnt_airos", "ap"),
    Rule("10002.1", "Ubiquiti", "ubnt_airos", "ap"),
    Rule("6486.80", "Alcatel-Lucent", "aos", "switch"),
    Rule("6486", "Alcatel-Lucent", "aos", "switch", r"(?i)OmniSwitch|\bOS\d{4}|\bSwitch"),
    Rule("6486", "Alcatel-Lucent", "omniaccess", "ap", r"(?i)Stellar|OAW|Access Point"),
    Rule("6486.800", "Alcatel-Lucent", "aos", "switch"),
    Rule("6486.801", "Alcatel-Lucent", "aos", "switch"),
    Rule("8886", "Raisecom", "raisecom", "switch", r"(?i)switch|ISCOM|ROS"),
    Rule("3807", "FiberHome", "fiberhome", "switch", r"(?i)switch|\bS\d{4}"),
    Rule("35265", "Eltex", "eltex", "switch", r"\bMES\d|(?i:switch)"),
    Rule("35265", "Eltex", "eltex_router", "router", r"\bESR|(?i:router)"),
    Rule("35265", "Eltex", "eltex_ap", "ap", r"\bW[EO]P-|(?i:access point)"),
    Rule("40418", "SNR", "snr", "switch"),
    Rule("27514", "QTECH", "qtech", "switch"),
    Rule("33049", "Mellanox", "mellanox", "switch"),
    Rule("40310", "Cumulus", "cumulus", "switch"),
    Rule("35098", "Pica8", "picos", "switch"),
    Rule("46242", "Netonix", "netonix", "switch"),
    Rule("16177", "Westermo", "westermo", "switch"),
    Rule("248.14", "Hirschmann", "hirschmann", "switch"),
    Rule("2736", "EtherWAN", "etherwan", "switch"),
    Rule("3181", "Microsens", "microsens", "switch"),
    Rule("28381", "Red Lion", "ntron", "switch"),
    Rule("15004", "RuggedCom", "ruggedcom", "switch"),
    Rule("7428", "PowerDsine", "powerdsine", "switch"),
    Rule("4329", "Siemens", "scalance", "switch", r"(?i)SCALANCE X"),
    Rule("4329", "Siemens", "scalance_wlan", "ap", r"(?i)SCALANCE W"),
    Rule("52", "Extreme", "enterasys", "switch", r"(?i)switch|SmartSwitch|Matrix"),
    Rule("5875", "FiberHome", "fiberhome_olt", "other", r"\bAN\d{4}"),
    Rule("24022", "Korenix", "korenix", "switch", r"(?i)switch|JetNet"),
    Rule("10876", "Supermicro", "supermicro_switch", "switch", r"^SSE-|(?i:switch)", FIRST_WORD),
    Rule("", "Supermicro", "supermicro_switch", "switch", r"^(?:SSE|SBM|MBM)-", FIRST_WORD),
)

WIRELESS_AND_ROUTERS = (
    Rule("25053", "Ruckus", "ruckus", "ap", "", r"Inc (\S+)|Wireless (\S+)"),
    Rule("25053", "Ruckus", "ruckus_icx", "switch", r"\bICX|FastIron|IronWare"),
    Rule("15983", "Meru", "meru", "ap"),
    Rule("12356.120", "Fortinet", "fortiap", "ap"),
    Rule("43356", "Mimosa", "mimosa", "ap"),
    Rule("47307", "IgniteNet", "ignitenet", "ap"),
    Rule("14125", "EnGenius", "engenius", "ap"),
    Rule("14125", "EnGenius", "engenius_switch", "switch", r"\bE[WG]S\d|(?i:switch)"),
    Rule("42397", "Grandstream", "grandstream_ap", "ap", r"\bGWN76|\bGWN[67]6|(?i:access point)"),
    Rule(
        "42397", "Grandstream", "grandstream_switch", "switch", r"\bGWN78|\bGWN7[78]\d|(?i:switch)"
    ),
    Rule("42397", "Grandstream", "grandstream_router", "router", r"\bGWN70|\bGCC|(?i:router)"),
    Rule(
        "42397", "Grandstream", "grandstream", "phone", r"\b(?:GXP|GRP|GXV|GXW|HT|UCM|DP|GHP|WP)\d"
    ),
    Rule("23695", "Peplink", "peplink", "router"),
    Rule("27662", "Peplink", "peplink", "router"),
    Rule("20992", "Cradlepoint", "cradlepoint", "router"),
    Rule("48690", "Teltonika", "rutos", "router"),
    Rule("2356", "LANCOM", "lancom", "router"),
    Rule("2356", "LANCOM", "lancom_ap", "ap", r"(?i)\bL[NW]?-\d{3}|\bOAP|Access Point|LCOS-LX"),
    Rule("2356", "LANCOM", "lancom_switch", "switch", r"\b[GX]S-\d|(?i:switch)"),
    Rule("272", "bintec", "bintec", "router"),
    Rule("272", "bintec", "bintec_ap", "ap", r"^W\w?\d{3,4}|(?i:access point)"),
    Rule("332", "Digi", "digi", "router", r"(?i)TransPort|\bEX\d\d|\bIX\d\d|cellular|router"),
    Rule("20542", "Sierra Wireless", "airlink", "router"),
    Rule("6527", "Nokia", "timos", "router", r"TiMOS"),
    Rule("12394", "Alvarion", "alvarion", "ap"),
    Rule("21013", "Cambium", "xirrus", "ap"),
    Rule("2007", "Teldat", "teldat", "router"),
    Rule("13191", "OneAccess", "oneaccess", "router"),
    Rule("30803", "VyOS", "vyos", "router"),
    Rule("44641", "VyOS", "vyos", "router"),
)

FIREWALLS = (
    Rule("12356", "Fortinet", "fortigate", "firewall", r"(?i)FortiGate|FortiWiFi"),
    Rule("12356", "Fortinet", "fortiswitch", "switch", r"(?i)FortiSwitch"),
    Rule("12356", "Fortinet", "fortiap", "ap", r"(?i)FortiAP"),
    Rule("12356.101", "Fortinet", "fortigate", "firewall"),
    Rule("12356.15", "Fortinet", "fortigate", "firewall"),
    Rule("12356.106", "Fortinet", "fortiswitch", "switch"),
    Rule("2604", "Sophos", "sophos", "firewall"),
    Rule("21067", "Sophos", "sophos_xg", "firewall"),
    Rule("12325.1.1.2", "pfSense", "pfsense", "firewall"),
    Rule("12325", "OPNsense", "opnsense", "firewall", r"(?i)opnsense|HBSD"),
    Rule("12325.1.1.2", "OPNsense", "opnsense", "firewall", r"(?i)opnsense|HBSD"),
    Rule("12325.1.1.2", "FreeBSD", "freebsd", "server", r"^(?!.*(?i:pfsense|opnsense)).*FreeNAS"),
    Rule("12325.1.1.2", "TrueNAS", "truenas", "storage", r"(?i)FreeNAS|TrueNAS"),
    Rule("35047", "Sangfor", "sangfor", "firewall"),
    Rule("35047", "Sangfor", "sangfor_wac", "ap", r"(?i)\bWAC\b|WLAN|wireless"),
    Rule("2620", "Check Point", "checkpoint", "firewall"),
    Rule("25461", "Palo Alto", "panos", "firewall", "", r"Networks (\S+)"),
    Rule("3375", "F5", "f5", "other"),
    Rule("12276", "F5", "f5", "other"),
    Rule("5951", "Citrix", "netscaler", "other"),
    Rule("22610", "A10", "acos", "other"),
    Rule("3097", "WatchGuard", "fireware", "firewall", "", FIRST_WORD),
    Rule("8741", "SonicWall", "sonicwall", "firewall", "", r"(?i)SonicWALL (\S+ \S+)"),
    Rule("8741", "SonicWall", "sonicwave", "ap", r"(?i)SonicWave|SonicPoint"),
    Rule(
        "", "SonicWall", "sonicwall", "firewall", r"(?i)^(?:Dell )?SonicWALL", r"(?i)WALL (\S+ \S+)"
    ),
    Rule("3224", "Juniper", "screenos", "firewall", "", FIRST_WORD),
    Rule("11256", "Stormshield", "stormshield", "firewall"),
    Rule("28557", "Hillstone", "hillstone", "firewall"),
    Rule("10704", "Barracuda", "barracuda", "firewall"),
    Rule("1369", "Forcepoint", "stonesoft", "firewall"),
    Rule("47565", "Forcepoint", "forcepoint", "firewall"),
    Rule("5089", "Clavister", "clavister", "firewall"),
    Rule("14331", "Topsec", "topsec", "firewall"),
    Rule("15227", "Venustech", "venustech", "firewall"),
    Rule("31648", "DPtech", "dptech", "firewall", r"(?i)FW|firewall"),
)
