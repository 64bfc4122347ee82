"""Vendor alone, by enterprise number, for devices that no rule names; their class stays unknown.

Chosen from the IANA registry of Private Enterprise Numbers (CC0 1.0). Names are those people use;
registered ones mislead: 705 Merlin Gerin is Eaton's, 5596 Tandberg is Cisco's, 2684 ViaVideo is
Poly's, 10002 is Ubiquiti's. net-snmp's 8072 is nobody's device.
"""

from __future__ import annotations

_LISTED = """
2 IBM; 9 Cisco; 11 HPE; 36 DEC; 42 Oracle; 43 3Com; 45 Extreme; 52 Extreme; 63 Apple; 81 Avaya;
111 Oracle; 116 Hitachi; 119 NEC; 122 Sony; 128 Xerox; 161 Motorola; 164 RAD; 171 D-Link;
186 Toshiba; 193 Ericsson; 207 Allied Telesis; 211 Fujitsu; 231 Fujitsu; 232 HPE; 236 Samsung;
244 Lantronix; 248 Hirschmann; 253 Xerox; 258 Panasonic; 259 Edgecore; 272 bintec; 289 Brocade;
297 Xerox; 311 Microsoft; 318 APC; 332 Digi; 343 Intel; 347 Seagate; 367 Ricoh; 368 Axis;
388 Extreme; 437 Cisco; 476 Vertiv; 534 Eaton; 546 Citrix; 562 Extreme; 637 Nokia; 641 Lexmark;
664 Adtran; 674 Dell; 683 Zebra; 705 Eaton; 789 NetApp; 818 Victron; 850 Tripp Lite;
868 Transition Networks; 890 Zyxel; 903 Avaya; 935 Phoenixtec; 1027 Mitel; 1129 Toshiba; 1139 Dell;
1229 SEH; 1248 Epson; 1271 Ciena; 1347 Kyocera; 1369 Forcepoint; 1411 Juniper; 1588 Brocade;
1602 Canon; 1714 Infortrend; 1718 Server Technology; 1768 Patton; 1916 Extreme; 1966 Perle;
1981 Dell; 1991 Brocade; 2001 OKI; 2007 Teldat; 2011 Huawei; 2254 Delta; 2272 Extreme; 2281 Ceragon;
2334 Blue Coat; 2356 LANCOM; 2385 Sharp; 2435 Brother; 2544 Adva; 2604 Sophos; 2606 Rittal;
2620 Check Point; 2623 ASUS; 2636 Juniper; 2684 Poly; 2736 EtherWAN; 2925 Vertiv; 3052 Asentria;
3097 WatchGuard; 3181 Microsens; 3224 Juniper; 3320 BDCOM; 3375 F5; 3417 Blue Coat; 3607 Cisco;
3764 Quantum; 3807 FiberHome; 3808 CyberPower; 3833 APC; 3845 Citrix; 3854 AKCP; 3902 ZTE;
3942 InfiNet; 3955 Cisco; 3967 Bosch; 4329 Siemens; 4458 Radwin; 4526 Netgear; 4555 Socomec;
4756 CTC Union; 4874 Juniper; 4881 Ruijie; 5003 AudioCodes; 5127 Western Digital; 5227 Buffalo;
5491 Riello; 5528 APC; 5596 Cisco; 5597 Meinberg; 5624 Extreme; 5651 Maipu; 5655 Cisco;
5875 FiberHome; 5951 Citrix; 6027 Dell; 6050 Gamatronic; 6141 Ciena; 6296 Dasan; 6302 Emerson;
6321 Calix; 6339 DCN; 6486 Alcatel-Lucent; 6527 Nokia; 6530 2N; 6574 Synology; 6666 innovaphone;
6876 VMware; 6889 Avaya; 7244 Quanta; 7312 Barco; 7367 DrayTek; 7428 PowerDsine; 7483 Nokia;
7779 Infoblox; 8164 Cisco; 8691 Moxa; 8741 SonicWall; 8744 HPE; 8886 Raisecom; 9148 Oracle;
9839 Carel; 10002 Ubiquiti; 10297 Advantech; 10418 Vertiv; 10456 Planet; 10642 Zebra;
10704 Barracuda; 10876 Supermicro; 11256 Stormshield; 11863 TP-Link; 11898 Proxim; 12124 Dell;
12148 Eltek; 12276 F5; 12356 Fortinet; 12394 Alvarion; 12532 Pulse Secure; 12740 Dell; 12925 HPE;
13191 OneAccess; 13400 Emerson; 13464 GCOM; 13742 Raritan; 13885 Poly; 14125 EnGenius; 14179 Cisco;
14525 Juniper; 14823 Aruba; 14988 MikroTik; 15004 RuggedCom; 15370 Gigabyte; 15497 Cisco;
15983 Meru; 16177 Westermo; 16378 Trango; 16972 TP-Link; 17163 Riverbed; 17713 Cambium;
18334 Konica Minolta; 19046 Lenovo; 19536 Panduit; 19746 Dell; 20246 Delta; 20301 Lenovo;
20542 Sierra Wireless; 20916 AVTECH; 20992 Cradlepoint; 21013 Cambium; 21067 Sophos; 21239 Vertiv;
21317 ATEN; 21796 HW group; 21839 ALAXALA; 22610 A10; 23465 Vivotek; 23695 Peplink; 24022 Korenix;
24681 QNAP; 25049 Opengear; 25053 Ruckus; 25461 Palo Alto; 25506 H3C; 25766 Christie; 26543 Lenovo;
26866 Gigamon; 26928 Extreme; 27282 Ubiquiti; 27514 QTECH; 27662 Peplink; 27975 Centec; 28507 Gude;
28557 Hillstone; 28866 TRENDnet; 29671 Meraki; 30065 Arista; 30155 OpenBSD; 30803 VyOS; 31926 Siklu;
33049 Mellanox; 34774 Huawei; 35047 Sangfor; 35098 Pica8; 35265 Eltex; 36849 Hanwha; 37447 HPE;
37459 Yealink; 37662 Ablerex; 37945 Inspur; 39165 Hikvision; 40310 Cumulus; 40418 SNR;
40482 Pure Storage; 40614 East Power; 41112 Ubiquiti; 41263 Nutanix; 41916 Cisco; 42397 Grandstream;
42610 Superior Power; 43191 Arista; 43356 Mimosa; 43943 Voltronic; 44641 VyOS; 44738 ASUSTOR;
46242 Netonix; 47196 Aruba; 47565 Forcepoint; 48690 Teltonika; 50001 Hikvision; 50536 TrueNAS;
52587 Edgecore; 52642 FS; 52674 APC; 53973 ABB; 55062 QNAP; 58132 xFusion; 1004849 Dahua
"""

VENDORS: dict[int, str] = {
    int(number): name
    for number, _, name in (entry.strip().partition(" ") for entry in _LISTED.split(";"))
}

# Makers' names as they begin sysDescr, for agents that give no number of their own.
BRANDS: tuple[tuple[str, str], ...] = tuple(
    (word, vendor)
    for vendor, words in {
        "Cisco": "Cisco Linksys-Cisco",
        "HPE": "HP HPE Hewlett-Packard ProCurve",
        "Aruba": "Aruba ArubaOS",
        "Dell": "Dell PowerConnect",
        "APC": "APC Schneider",
        "Eaton": "Eaton Powerware MGE",
        "Vertiv": "Vertiv Liebert Geist",
        "Poly": "Poly Polycom",
        "Konica Minolta": "KONICA",
        "Ricoh": "RICOH Lanier Gestetner Savin NRG",
        "Xerox": "Xerox FUJIFILM",
        "Kyocera": "Kyocera ECOSYS TASKalfa",
        "Palo Alto": "Palo",
        "Check Point": "Checkpoint",
        "Allied Telesis": "Allied",
        "MikroTik": "MikroTik RouterOS SwOS",
        "TP-Link": "TP-Link TL-SG JetStream Omada",
        "Tripp Lite": "TrippLite Tripp",
        "Hanwha": "Hanwha Wisenet",
        "KBVision": "KBVISION",
        "Lifesize": "Lifesize LifeSize",
        "Sierra Wireless": "Sierra AirLink",
        "Uniview": "Uniview UNV",
        "Western Digital": "WD",
    }.items()
    for word in words.split()
) + tuple(
    (name, name)
    for name in [
        "AEG",
        "ASUS",
        "ASUSTOR",
        "AVer",
        "Ablerex",
        "Alcatel-Lucent",
        "Apple",
        "Ares",
        "Arista",
        "Avaya",
        "Avigilon",
        "Axis",
        "BDCOM",
        "Barco",
        "Borri",
        "Brocade",
        "Brother",
        "Buffalo",
        "Cambium",
        "Canon",
        "Centiel",
        "ClearOne",
        "CyberPower",
        "D-Link",
        "DCN",
        "Dahua",
        "Delta",
        "Digi",
        "DrayTek",
        "Edgecore",
        "Eltex",
        "EnGenius",
        "Epson",
        "Ericsson",
        "Extreme",
        "FS",
        "Fanvil",
        "FiberHome",
        "Fortinet",
        "Fujitsu",
        "Generex",
        "GeoVision",
        "Grandstream",
        "H3C",
        "Hikvision",
        "Hirschmann",
        "Hitachi",
        "Huawei",
        "IBM",
        "INVT",
        "Juniper",
        "Kedacom",
        "Kehua",
        "Korenix",
        "Kstar",
        "Lantronix",
        "Legrand",
        "Lenovo",
        "Lexmark",
        "Linksys",
        "Logitech",
        "Maipu",
        "Makelsan",
        "Meraki",
        "Microsoft",
        "Milesight",
        "Mimosa",
        "Mobotix",
        "Moxa",
        "NEC",
        "NetApp",
        "Netgear",
        "Nokia",
        "Nutanix",
        "OKI",
        "Opengear",
        "Panasonic",
        "Pantum",
        "Pelco",
        "Peplink",
        "Pexip",
        "Planet",
        "PowerWalker",
        "Proxmox",
        "QNAP",
        "QTECH",
        "Questek",
        "Raisecom",
        "Raritan",
        "Riello",
        "Ruckus",
        "Ruijie",
        "Salicru",
        "Samsung",
        "Sangfor",
        "Santak",
        "Sharp",
        "Siemens",
        "Snom",
        "Socomec",
        "SonicWall",
        "Sony",
        "Sophos",
        "Sorotec",
        "Supermicro",
        "Synology",
        "TRENDnet",
        "Teltonika",
        "Tenda",
        "TerraMaster",
        "Thecus",
        "Tiandy",
        "Toshiba",
        "Totolink",
        "Ubiquiti",
        "Upsonic",
        "VMware",
        "Vantech",
        "Vivotek",
        "WatchGuard",
        "Westermo",
        "Yealink",
        "ZTE",
        "Zebra",
        "Zyxel",
        "xFusion",
    ]
)
