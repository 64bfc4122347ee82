"""Rules for switches, routers, wireless and firewalls, maker by maker.

Sources: the makers' registration MIBs (CISCO-PRODUCTS-MIB, HUAWEI-MIB, HH3C-PRODUCT-ID-MIB,
hpicfOid, JUNIPER-CHASSIS-DEFINES-MIB, FORTINET-FORTIGATE-MIB, …) and how each maker words
sysDescr: series names stand there also for models that no MIB lists yet.
"""

from __future__ import annotations

from probes.snmp.identify_rule import FIRST_WORD, Rule

_IOS_MODEL = r"(?:Software, |Software \[\w+\], |\(tm\) )([\w-]+)"
_IOS_ROUTER = (
    r"\b(?:C|CISCO)?(?:8[0-9]\d|1[67]\d\d|18\d[\dX]|19\d\d|2[568]\d\d|28\d\d|29[0-2]1|2900|36[0246]\d|37[24]5"
    r"|38[0-4]\d|39[024]\d|72\d\d|73\d\d|76\d\d|7600|10000|12000)(?:\w*(?<!XL))? Software"
    r"|Software, (?:ir|IR|CGR|ESR|UC5|VG|MWR|c7[236]|C7[236]|c10k|rsp|C8[0-9]\d|C18\d)\w* "
    r"|\bIOSv Software|CISCO[12389]\d\d|\bC1841\b"
)
_IOS_SWITCH = r"\bIOS\b|Internetwork Operating|Catalyst|(?i:switch)|\bWS-C|\b(?:ME|IE)\d"
_XE_ROUTER = r"(?:ISR|ASR|C8\d|c8000|C11\d\d|CSR|VG\d|IR1|ESR|Virtual XE|Catalyst 8\d)\w*"
_VRP_MODEL = r"(?:^|Huawei |\()((?:S|AR|NE|CE|USG|AC|AP|AirEngine|NetEngine) ?\d\w*(?:-\w+)*)"
_VRP_SWITCH = r"VRP|Versatile Routing|YunShan|^S\d{4,5}\b"
_COMWARE_AP = r"\bW[AXT]\d{3,4}|\bLS\w{1,2}\d?WCM|(?i:Access Controller|Access Point|Wireless)"
_COMWARE_ROUTER = r"\b(?:MSR|SR|CR|VSR)\d\w*|\bMSR\b|\bRouter\b"
_COMWARE_FIREWALL = r"(?i)SecPath|Firewall|\bF[15]0\d\d\b|\bNGFW"

CISCO = (
    Rule("9.1", "Cisco", "cisco_asa", "firewall", r"Adaptive Security|Firewall Services"),
    Rule("9.1", "Cisco", "cisco_ftd", "firewall", r"Firepower|Firewall Threat|FX-?OS"),
    Rule("9.1", "Cisco", "cisco_pix", "firewall", r"PIX "),
    Rule("9.1", "Cisco", "cisco_cimc", "bmc", r"(?i)Integrated Management Controller|\bCIMC\b"),
    Rule(
        "9.1",
        "Cisco",
        "cisco_wlc",
        "ap",
        r"^Cisco Controller|MESH POINT|Access Point|\bC\d+ AP\b|C9800|-K9W[78]-|\bAIR-",
    ),
    Rule("9.1", "Cisco", "vc_cisco_codec", "video", r"(?i)Codec|RoomOS|TelePresence (?:CTS|TX)"),
    Rule("9.1", "Cisco", "vc_bridge", "mcu", r"(?i)TelePresence|Meeting Server"),
    Rule("9.1", "Cisco", "cisco_ucos", "server", r"Software:\s*UCOS|Unified Communications"),
    Rule(
        "9.1",
        "Cisco",
        "cisco_server",
        "server",
        r"Identity Services Engine|Secure (?:Network|Access) |Prime Infra|DNA Center",
    ),
    Rule("9.1", "Cisco", "cisco_viptela", "router", r"(?i)Viptela|\bvEdge"),
    Rule("9.1", "Cisco", "cisco_phone", "phone", r"(?i)IP Phone|\bCP-\d{4}|\bATA ?1\d\d"),
    Rule("9.1", "Cisco", "cisco_nxos", "switch", r"NX-OS"),
    Rule("9.1", "Cisco", "cisco_iosxr", "router", r"IOS[ -]?XR"),
    Rule("9.1", "Cisco", "cisco_iosxe", "router", rf"{_XE_ROUTER} Software", _IOS_MODEL),
    Rule("9.1", "Cisco", "cisco_iosxe", "switch", r"IOS-?XE|CAT[39]K|LINUX_IOSD", _IOS_MODEL),
    Rule("9.1", "Cisco", "cisco_smb", "switch", r"^\d+-port |^(?:CBS|C1[23]00|SG|SF|SX)\d*"),
    Rule("9.1", "Cisco", "cisco_ios", "router", _IOS_ROUTER, _IOS_MODEL),
    Rule("9.1", "Cisco", "cisco_server", "unknown", r"^(?:Linux|Hardware:|Windows)"),
    Rule("9.1", "Cisco", "cisco_ios", "switch", _IOS_SWITCH, _IOS_MODEL),
    Rule("9.1", "Cisco", None, "unknown"),
    Rule("9.5", "Cisco", "cisco_catos", "switch"),
    Rule("9.6.1", "Cisco", "cisco_smb", "switch", "", r"^([A-Z]+\d+\w*(?:-\w+)*)"),
    Rule("9.6.1", "Cisco", "cisco_phone", "phone", r"\b(?:SPA|ATA|PAP|CP-?)\d"),
    Rule(
        "9.6.1",
        "Cisco",
        "cisco_rv",
        "router",
        r"\b(?:RV|SRP|WRV|WRP|ISA|SA)[ -]?\d{2,3}",
        FIRST_WORD,
    ),
    Rule("9.6.1", "Cisco", "cisco_ap", "ap", r"\b(?:WAP|CBW|CB1\d\dA|AP5)\d"),
    Rule("9.6.1", "Cisco", "cisco_camera", "camera", r"\b(?:PVC|WVC|VC)\d{2,4}|(?i:camera)"),
    Rule("9.6.1.23", "Cisco", "cisco_phone", "phone", r"\b(?:SPA|ATA|PAP|CP-?)\d"),
    Rule("9.6.1.23", "Cisco", "cisco_rv", "router", r"\b(?:RV|SRP|WRV|WRP|ISA|SA)[ -]?\d{2,3}"),
    Rule("9.6.1.23.1", "Cisco", "cisco_phone", "phone"),
    Rule("9.6.1.32", "Cisco", "cisco_ap", "ap"),
    Rule("9.12.3.1.3", "Cisco", "cisco_nxos", "switch"),
    Rule("9.12.3.1.3", "Cisco", "cisco_fxos", "firewall", r"(?i)FX-?OS|Firepower"),
    Rule("437", "Cisco", "cisco_cat1900", "switch"),
    Rule("3955", "Cisco", "cisco_smb", "switch", r"(?i)switch|^S[RLPG][WM]", r"^([A-Z]+\d+\w*)"),
    Rule("3955", "Cisco", "cisco_phone", "phone", r"\b(?:SPA|PAP)\d"),
    Rule("3955", "Cisco", "cisco_rv", "router", r"\b(?:RV|SRP|WRV)\d|(?i:router)"),
    Rule("3955.6", "Cisco", "cisco_smb", "switch"),
    Rule("3955.1000", "Linksys", "linksys_smart", "switch", "", FIRST_WORD),
    Rule("29671.2", "Meraki", "meraki_switch", "switch"),
    Rule("29671.2", "Meraki", "meraki_ap", "ap", r"Wireless|\bMR\d|\bCW\d"),
    Rule("29671.2", "Meraki", "meraki_mx", "firewall", r"\b(?:MX|Z)\d|Security|vMX"),
    Rule("29671.2", "Meraki", "meraki_mv", "camera", r"\bMV\d"),
    Rule("14179", "Cisco", "cisco_wlc", "ap"),  # Airespace, as older controllers answer
    Rule("41916", "Cisco", "cisco_viptela", "router"),
    Rule("99.1.1.3.28", "Cisco", "cisco_ucos", "server"),  # SNMP Research's agent, UCOS's number
)

HUAWEI_AND_H3C = (
    Rule("2011", "Huawei", "huawei_vrp", "firewall", r"\bUSG\d|Eudemon|HiSecEngine", _VRP_MODEL),
    Rule("2011", "Huawei", "huawei_vrp", "router", r"\b(?:AR|NE|CX|ME|ATN) ?\d+|NetEngine|NetE"),
    Rule(
        "2011", "Huawei", "huawei_wlan", "ap", r"\bA(?:P|C|irEngine)[ -]?\d{3,4}|\bACU\d?\b|WLAN AC"
    ),
    Rule("2011", "Huawei", "huawei_olt", "other", r"(?i)\bMA5\d{3}|Integrated Access|OptiX|\bRTN"),
    Rule(
        "2011",
        "Huawei",
        "vc_huawei_te",
        "video",
        r"(?i)\bTEX?[1-6]0\b|\b(?:Box|Bar) ?[2-9]00|\b[DR]P[1-3]00\b|CloudLink|ViewPoint|IdeaHub"
        r"|video ?conf",
    ),
    Rule("2011", "Huawei", "vc_huawei_mcu", "mcu", r"\bVP9[568]\d\d|\bMCU\b"),
    Rule("2011", "Huawei", "ups_huawei", "ups", r"\bUPS\d|(?i:\bUPS\b)"),
    Rule("2011", "Huawei", "huawei_vrp", "switch", _VRP_SWITCH, _VRP_MODEL),
    Rule("2011.2.23", "Huawei", "huawei_vrp", "switch", "", _VRP_MODEL),
    Rule("2011.2.239", "Huawei", "huawei_vrp", "switch", "", _VRP_MODEL),
    Rule("2011.2.224", "Huawei", "huawei_vrp", "router", "", _VRP_MODEL),
    Rule("2011.2.240", "Huawei", "huawei_wlan", "ap"),
    Rule("2011.2.122", "Huawei", "huawei_vrp", "firewall"),
    Rule("2011.2.321", "Huawei", "huawei_vrp", "firewall"),
    Rule("2011.2.91", "Huawei", "huawei_oceanstor", "storage"),
    Rule("2011.2.235", "Huawei", "huawei_ibmc", "bmc"),
    Rule("2011.6.164", "Huawei", "huawei_smu", "other"),
    Rule("2011.6.174", "Huawei", "ups_huawei", "ups"),
    Rule("34774", "Huawei", "huawei_oceanstor", "storage"),
    Rule("", "Huawei", "huawei_vrp", "switch", r"Huawei Versatile Routing|^Software Version VRP"),
    Rule("25506", "H3C", "h3c_comware", "firewall", _COMWARE_FIREWALL),
    Rule("25506", "H3C", "h3c_wlan", "ap", _COMWARE_AP),
    Rule("25506", "H3C", "uniview", "camera", r"(?i)camera|\bNVR|\bIPC\b"),
    Rule("25506", "H3C", "h3c_comware", "router", _COMWARE_ROUTER),
    Rule("25506", "HPE", "h3c_comware", "switch", r"\bHPE?\b", r"HPE? (A?\d{4}\S*)"),
    Rule("25506", "H3C", "h3c_comware", "switch", r"(?i)Comware|Switch|\bS\d{4}|H3C"),
    Rule("25506.1", "H3C", "h3c_comware", "switch"),
    Rule("25506.1", "H3C", "h3c_comware", "firewall", _COMWARE_FIREWALL),
    Rule("25506.1", "H3C", "h3c_wlan", "ap", _COMWARE_AP),
    Rule("25506.1", "H3C", "h3c_comware", "router", _COMWARE_ROUTER),
    Rule("25506.1", "HPE", "h3c_comware", "switch", r"\bHPE?\b", r"HPE? (A?\d{4}\S*)"),
    Rule("25506.11.1", "H3C", "h3c_comware", "switch"),
    Rule("25506.11.1", "HPE", "h3c_comware", "router", r"\bHPE?\b.*\bMSR|\bMSR.*\bHPE?\b"),
    Rule("25506.11.1", "HPE", "h3c_comware", "switch", r"\bHPE?\b", r"HPE? (A?\d{4}\S*)"),
    Rule("43", "3Com", "3com", "switch", r"(?i)switch|SuperStack|Baseline|\b[45]\d00G?\b"),
    Rule("43.1.16", "3Com", "h3c_comware", "switch"),
    Rule("43.10", "3Com", "3com", "switch"),
)

HPE_AND_ARUBA = (
    Rule("11", "HPE", "hp_virtual_connect", "switch", r"(?i)\bVC (?:Flex|SE|Eth)|Virtual Connect"),
    Rule("11.5.7.5", "HPE", "hp_virtual_connect", "switch"),
    Rule("11.2.3.7", "HPE", "hp_procurve", "switch", "", r"(?:HP|Aruba|ProCurve) (\w+)"),
    Rule("11.2.3.7", "HPE", "hp_wlan", "ap", r"(?i)Access Point|\bMSM\d|Wireless"),
    Rule("8744", "HPE", "hp_wlan", "ap"),
    Rule("47196", "Aruba", "aruba_cx", "switch", r"Switch|\b[A-Z]L\.1\d\.", r"(JL\w+ \w+)"),
    Rule("47196.4.1.1.1", "Aruba", "aruba_cx", "switch", "", r"((?:JL|R|S)\d\w+ \w+)"),
    Rule("14823", "Aruba", "aruba_os", "ap", "", r"MODEL: (?:Aruba)?([\w-]+)"),
    Rule("14823", "Aruba", "aruba_clearpass", "server", r"(?i)ClearPass|AirWave"),
    Rule("6486.800", "Aruba", "aruba_os", "ap", r"AOS-W", r"MODEL: ([\w-]+)"),
    Rule("674.10895", "Aruba", "aruba_os", "ap", r"ArubaOS", r"MODEL: ([^)]+)"),
)

CAMPUS = (
    Rule("4881", "Ruijie", "ruijie", "switch", "", r"\(([\w-]+)\) By Ruijie"),
    Rule("4881", "Ruijie", "ruijie", "firewall", r"(?i)\bWALL|Firewall|\bRG-?WALL"),
    Rule("4881", "Ruijie", "ruijie", "ap", r"\b(?:RG-)?(?:AP|RAP|AM|WS)-?\d{2}|(?i:wireless)"),
    Rule(
        "4881",
        "Ruijie",
        "ruijie",
        "router",
        r"\b(?:RG-)?(?:RSR|NBR|EG|NPE)-?\d|(?<!Routing )Router|Gateway",
    ),
    Rule("52642.1.1.10.1", "FS", "ruijie", "switch", "", r"\(([\w-]+)\) By FS"),
    Rule("52642.2.1.45", "FS", "fs_s3900", "switch", "", FIRST_WORD),
    Rule("52642.1.445", "FS", "fs_bdcom", "switch", "", r"\b(S\d{4}-\w+)"),
    Rule("52642.1.446", "FS", "fs_bdcom", "switch", "", r"\b(S\d{4}-\w+)"),
    Rule("52642.1.99", "FS", "fs_centec", "switch"),
    Rule("52642", "FS", None, "switch", "", r"\b(S\d{4}-\w+)"),
    Rule("52642", "FS", "fs_wlan", "ap", r"(?i)\bAP-?\w*\d|Wireless|Access Point"),
    Rule("52642", "FS", "fs_pdu", "pdu", r"(?i)\bPDU\b"),
    Rule("13464.1.3", "FS", "fs_gbn", "switch", r"^FS "),
    Rule("13464", "GCOM", "gcom", "switch", r"(?i)switch|\bS\d{4}"),
    Rule("27975", "Centec", "centec", "switch"),
    Rule("3320", "BDCOM", "bdcom", "switch", r"(?i)BDCOM|switch|\bS\d{4}", r"BDCOM\(tm\) (\S+)"),
    Rule("3320", "BDCOM", "bdcom_olt", "other", r"(?i)[EG]PON|\bP3\d{3}|\bOLT\b"),
    Rule(
        "2636",
        "Juniper",
        "junos",
        "firewall",
        r"(?i)\bv?srx|SSG",
        r"Juniper (?:Networks, Inc\. )?(\S+)",
    ),
    Rule(
        "2636",
        "Juniper",
        "junos",
        "router",
        r"(?i)\bv?(?:mx|acx|ptx|ctp|t|m|j)\d|router|\bvmx",
        r"Inc\. (\S+)",
    ),
    Rule("2636", "Juniper", "junos", "switch", r"(?i)\b(?:ex|qfx|ocx)|switch", r"Inc\. (\S+)"),
    Rule("2636.1.1.1", "Juniper", "junos", "switch", "", r"Inc\. (\S+)"),
    Rule(
        "2636.1.1.1", "Juniper", "junos", "firewall", r"(?i)\bv?srx|SSG", r"(?:Inc\.|Juniper) (\S+)"
    ),
    Rule(
        "2636.1.1.1",
        "Juniper",
        "junos",
        "router",
        r"(?i)\b(?:mx|acx|ptx|m|t|j)\d|router|\bvmx",
        r"Inc\. (\S+)",
    ),
    Rule("1411", "Juniper", "junos", "switch"),
    Rule("4874", "Juniper", "junose", "router"),
    Rule("14525", "Juniper", "trapeze", "ap"),
    Rule("14988", "MikroTik", "mikrotik_ros", "router", "", r"RouterOS (\S+)"),
    Rule("14988", "MikroTik", "mikrotik_ros", "switch", r"\b(?:CRS|CSS)\d", r"RouterOS (\S+)"),
    Rule(
        "14988", "MikroTik", "mikrotik_ros", "ap", r"RouterOS (?:RB)?[cw]AP|\b(?:RB)?[cw]AP\w*-?\d"
    ),
    Rule("14988.2", "MikroTik", "mikrotik_swos", "switch", "", FIRST_WORD),
    Rule("11863", "TP-Link", "tplink", "switch"),
    Rule("11863", "TP-Link", "omada_ap", "ap", r"(?i)\bEAP\d|Access Point|\bCAP\d|Wireless"),
    Rule("11863", "TP-Link", "omada_gateway", "router", r"(?i)\bER\d|TL-E?R\d|Router|Gateway|VPN"),
    Rule("11863", "TP-Link", "omada_controller", "other", r"\bOC\d00|(?i:Controller|\bOLT\b)"),
    Rule("11863.5", "TP-Link", "tplink_jetstream", "switch"),
    Rule("11863.5", "TP-Link", "omada_ap", "ap", r"(?i)\bEAP\d|Access Point|\bCAP\d"),
    Rule("11863.5", "TP-Link", "omada_gateway", "router", r"(?i)\bER\d|TL-E?R\d|Router|Gateway"),
    Rule("16972", "TP-Link", "tplink_home", "router"),
    Rule("16972", "TP-Link", "omada_ap", "ap", r"(?i)\bEAP\d|Access Point|\bCPE\d"),
    Rule("16972", "TP-Link", "tplink", "switch", r"(?i)switch|\bT[LS]-S\w\d"),
    Rule("171.10.165", "D-Link", "dlink_dgs1250", "switch", "", FIRST_WORD),
    Rule("171.10.37", "D-Link", "dlink_ap", "ap"),
    Rule("171.10", "D-Link", "dlink", "switch", "", r"\b(D[EGX]S-[\w-]+)"),
    *(
        Rule(prefix, "D-Link", kind, device_class, descr, r"\b(D[A-Z]{2}-\w+)")
        for prefix in ("171", "171.10")
        for kind, device_class, descr in (
            ("dlink", "switch", r"\b(?:D[EGX]S|DMS|DIS)-\d"),
            ("dlink_ap", "ap", r"\bD(?:AP|WL|BA|WS)-\w*\d|(?i:Access Point|Wireless)"),
            ("dlink_firewall", "firewall", r"\bDFL-\d|(?i:firewall)"),
            ("dlink_router", "router", r"\bD(?:SR|IR|SL|VG|SA|I)-\w*\d|(?i:router)"),
            ("dlink_camera", "camera", r"\bDCS-\d|(?i:camera)"),
            ("dlink_nas", "storage", r"\bDNS-\d|(?i:\bNAS\b)"),
        )
    ),
    *(
        Rule(prefix, "Zyxel", kind, device_class, descr, r"^(?:ZyWALL )?(.+?)(?:,|$)")
        for prefix in ("890", "890.1.15", "890.1.5", "890.1.6")
        for kind, device_class, descr in (
            ("zyxel_zywall", "firewall", r"USG|ZyWALL|\bATP\d|\bVPN\d|FLEX"),
            ("zyxel_ap", "ap", r"\bN?(?:WA|WAC|WAX|WBE|XC|WD)\w*\d|Access Point"),
            ("zyxel_nas", "storage", r"\bNAS\d|\bNSA\d"),
            (
                "zyxel_cpe",
                "router",
                r"(?i)\b[AEVDLN]\w?MG\d|\bIAD\b|Prestige|^P-|\bSBG|\bLTE|router",
            ),
            (
                "zyxel_zynos",
                "switch",
                r"\b(?:X?M?[GX]S|ES|MES|MGS|XMG|IES|MSC|MSAN|XGS)-?\d|Switch",
            ),
        )
    ),
    Rule("890.1.15", "Zyxel", "zyxel_zynos", "switch", "", FIRST_WORD),
    Rule("890.1.5", "Zyxel", "zyxel_zynos", "switch", "", FIRST_WORD),
    Rule("890.1.6", "Zyxel", "zyxel_zywall", "firewall", "", r"^ZyWALL (.+)"),
    Rule("890", "Zyxel", None, "router"),
    Rule("207.1", "Allied Telesis", "allied", "switch", "", FIRST_WORD),
    Rule("207.1", "Allied Telesis", "allied_ap", "ap", r"\bAT-T[QM]|(?i:Access Point|wireless)"),
    Rule("207.1", "Allied Telesis", "allied_router", "router", r"\bAT-?A?R\d{3}|\bAR\d{3,4}"),
    Rule("207.1.14", "Allied Telesis", "allied_awplus", "switch"),
    Rule("207.1.17", "Allied Telesis", "allied_ap", "ap"),
    Rule("10456", "Planet", "planet", "switch", "", r"(?:PLANET )?(\w+-\w+(?:-\w+)*)"),
    Rule("10456", "Planet", "planet_ap", "ap", r"\bWD?[DN]?AP-|(?i:Access Point|wireless)"),
    Rule("10456", "Planet", "planet_camera", "camera", r"\bICA-|(?i:camera|\bNVR)"),
    Rule("10456", "Planet", "planet_router", "router", r"\b[VIM]RT?-\d|(?i:router|gateway)"),
    Rule("7367", "DrayTek", "draytek", "router", "", r"Model: (\w+)"),
    Rule("7367", "DrayTek", "draytek_switch", "switch", r"(?i)VigorSwitch|\bVSG|Switch\b"),
    Rule("7367", "DrayTek", "draytek_ap", "ap", r"(?i)Vigor ?AP|Access Point"),
    Rule("8691", "Moxa", "moxa", "switch", r"\b[EIPMRS][DKTSO]S[A-Z]*-", FIRST_WORD),
    Rule("8691.7", "Moxa", "moxa", "switch", "", FIRST_WORD),
    Rule(
        "28866", "TRENDnet", "trendnet", "switch", r"\bT[EILP]\w*-|(?i:switch)", r"(T[EL]\w*-\w+)"
    ),
    Rule("28866", "TRENDnet", "trendnet_ap", "ap", r"\bTEW-"),
    Rule("28866.2", "TRENDnet", "trendnet", "switch", "", r"(T[EL]\w*-\w+)"),
    Rule("4526", "Netgear", "netgear", "switch", "", FIRST_WORD),
    Rule(
        "4526", "Netgear", "netgear_ap", "ap", r"\b(?:WA[CXB]|WN(?:D?AP|AP|D)|WG\d|WAG)\w*\d|Access"
    ),
    Rule("4526", "Netgear", "netgear_firewall", "firewall", r"\b(?:FV[SX]|SRX|UTM|SRXN|PR\d|BR)\d"),
    Rule("4526", "Netgear", "readynas", "storage", r"(?i)ReadyNAS|ReadyDATA|\bRN\d{3}"),
    Rule("89.1.1.1.3.6.1.4.1.4526", "Netgear", "netgear", "switch"),
    Rule("17713", "Cambium", "cambium_cnpilot", "ap", "", r"cnPilot (\S+)"),
    Rule(
        "17713",
        "Cambium",
        "cambium_cnmatrix",
        "switch",
        r"(?i)cnMatrix|Switch|\bE[XM]\d{4}|\bTX\d{4}",
    ),
    Rule("17713.24", "Cambium", "cambium_cnmatrix", "switch"),
    Rule("", "Cambium", "cambium_cnpilot", "ap", r"^cnPilot", r"cnPilot (\S+)"),
    Rule("30065", "Arista", "arista_eos", "switch", "", r"Arista Networks (DCS\S+|CCS\S+)"),
    Rule("43191", "Arista", "arista_mos", "switch"),
    Rule("", "Cisco", "cisco_smb", "switch", r"^Linksys S[A-Z]{2}\d", r"^Linksys (\S+)"),
    Rule("", "Linksys", "linksys_smart", "switch", r"^Linksys \S+ - .*Switch", r"^Linksys (\S+)"),
    Rule("", "Juniper", "junos", "switch", r"^Juniper Networks, Inc\.", r"Inc\. (\S+)"),
)
