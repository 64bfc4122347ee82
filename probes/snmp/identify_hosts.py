"""Rules for servers, their managers, hypervisors and storage, and for net-snmp's own number.

net-snmp's 1.3.6.1.4.1.8072.3.2 says nothing: NAS, bridges, hypervisors, access points, UPSes and
Linux all answer it, so the text must. A Linux on a processor for appliances gives no class; what
is left on the processors of servers is a server. Sources: NET-SNMP-TC, the makers' product MIBs,
and how the kernels of appliances are built (release suffix, build number, time zone).
"""

from __future__ import annotations

from probes.snmp.identify_rule import Rule

_NET_SNMP = "8072.3.2"
# OpenWrt builds its kernels reproducibly: build number 0, a date without time zone.
_OPENWRT = r"^Linux \S+ \S+ #0 (?:SMP )?(?:PREEMPT )?\w{3} \w{3} +\d+ [\d:]{8} \d{4} "
# DSM counts its builds in thousands and makes them in Taiwan.
_DSM = r"^Linux \S+ \S+ #\d{4,5} .*\bCST \d{4}|(?i:synology|\bDSM \d)"
_APPLIANCE_CPU = r"^Linux .*\b(?:armv[3-7]\w*|mips\w*|ppc\w*|sh4\w*|m68k|microblaze|nios2)\s*$"
# The kernels of the Raspberry Pi have a plus sign behind their release.
_RASPBERRY = r"^Linux \S+ \d[\d.]*(?:-v[78]l?)?\+ #\d+ |\+?rpt?-rpi|-raspi2? "

STORAGE = (
    Rule("24681", "QNAP", "qnap", "storage"),
    Rule("55062", "QNAP", "qnap", "storage"),
    Rule("6574", "Synology", "synology", "storage"),
    Rule("50536", "TrueNAS", "truenas", "storage"),
    Rule("789", "NetApp", "ontap", "storage"),
    Rule("40482", "Pure Storage", "purity", "storage"),
    Rule("12124", "Dell", "isilon", "storage"),
    Rule("19746", "Dell", "data_domain", "storage"),
    Rule("1981", "Dell", "emc", "storage"),
    Rule("1139", "Dell", "emc", "storage"),
    Rule("12740", "Dell", "dell_equallogic", "storage"),
    Rule("16139", "Dell", "compellent", "storage"),
    Rule("674.11000.2000.500", "Dell", "compellent", "storage"),
    Rule("674.10893", "Dell", "powervault", "storage"),
    Rule(
        "674",
        "Dell",
        None,
        "storage",
        r"(?i)\bM[DE]\d{3,4}|PowerVault|PowerStore|Compellent|\bSC\d{4}",
    ),
    Rule("11.2.51", "HPE", "hpe_msa", "storage"),
    Rule("11", "HPE", "hpe_msa", "storage", r"(?i)\bMSA\b|StorageWorks|StoreOnce|\bP\d{4} G3"),
    Rule("11.10.2.1.3", "HPE", "hpe_msl", "storage"),
    Rule("12925", "HPE", "hpe_3par", "storage"),
    Rule("37447", "HPE", "hpe_nimble", "storage"),
    Rule("116", "Hitachi", "hitachi_storage", "storage"),
    Rule("1714", "Infortrend", "infortrend", "storage"),
    Rule("3764", "Quantum", "quantum", "storage"),
    Rule("5227", "Buffalo", "terastation", "storage", r"(?i)TeraStation|LinkStation|\bTS\d"),
    Rule("44738", "ASUSTOR", "asustor", "storage"),
    Rule("43906", "Tegile", "tegile", "storage"),
    Rule("347", "Seagate", "seagate", "storage"),
    Rule("42.2.225", "Oracle", "zfs_appliance", "storage"),
    Rule("5127", "Western Digital", "mycloud", "storage"),
    Rule(
        "2", "IBM", "ibm_storage", "storage", r"(?i)Storwize|FlashSystem|System Storage|\bDS\d{4}"
    ),
    Rule(
        "19046", "Lenovo", "lenovo_storage", "storage", r"(?i)Lenovo Storage|ThinkSystem D[EGM]\d"
    ),
    Rule("12325.1.1.2", "Dell", "isilon", "storage", r"Isilon OneFS"),  # on FreeBSD's bsnmpd
    Rule("", "Buffalo", "terastation", "storage", r"(?i)TeraStation|LinkStation"),
    Rule("", "Western Digital", "mycloud", "storage", r"(?i)\bMy ?Cloud\b"),
    Rule("", "TerraMaster", "terramaster", "storage", r"(?i)^TerraMaster|^TNAS-"),
    Rule("", "Thecus", "thecus", "storage", r"(?i)^Thecus"),
)

MACHINES = (
    Rule("6876", "VMware", "esxi", "hypervisor"),
    Rule("6876", "VMware", "vcsa", "server", r"(?i)vCenter"),
    Rule("41263", "Nutanix", "nutanix", "hypervisor"),
    Rule("311", "Microsoft", "windows", "server"),
    Rule(
        "232",
        "HPE",
        "hpe_ilo",
        "bmc",
        r"Integrated Lights-Out|\biLO\b",
        r"(Integrated Lights-Out \d+)",
    ),
    Rule("232.9.4", "HPE", "hpe_ilo", "bmc", "", r"(Integrated Lights-Out \d+)"),
    Rule("674.10892.1", "Dell", "dell_omsa", "server"),
    Rule("674.10892.2", "Dell", "dell_drac", "bmc"),
    Rule("674.10892.5", "Dell", "dell_idrac", "bmc"),
    Rule("674", "Dell", "dell_idrac", "bmc", r"(?i)\bi?DRAC|Remote Access Controller"),
    Rule("2.3.51", "IBM", "ibm_imm", "bmc"),
    Rule("20301", "Lenovo", "lenovo_imm", "bmc"),
    Rule("19046.11", "Lenovo", "lenovo_xcc", "bmc"),
    Rule("19046", "Lenovo", "lenovo_switch", "switch", r"(?i)switch|\bCNOS|RackSwitch|NE\d{4}"),
    Rule("20301", "Lenovo", "lenovo_switch", "switch", r"(?i)switch|RackSwitch"),
    Rule("26543", "Lenovo", "lenovo_switch", "switch"),
    Rule("42.2.200", "Oracle", "oracle_ilom", "bmc"),
    Rule("42", "Oracle", "oracle_ilom", "bmc", r"(?i)\bILOM|Lights Out"),
    Rule("42.2", "Oracle", "solaris", "server", r"(?i)Solaris|SunOS"),
    Rule("111", "Oracle", "oracle_ilom", "bmc", r"(?i)\bILOM"),
    Rule("10876", "Supermicro", "supermicro_bmc", "bmc", r"(?i)IPMI|\bBMC|^(?!.*switch)Linux"),
    Rule("10876.2", "Supermicro", "supermicro_bmc", "bmc"),
    Rule("21317.1", "Supermicro", "supermicro_bmc", "bmc"),  # ATEN's firmware on Supermicro boards
    Rule("231.1.10", "Fujitsu", "fujitsu_irmc", "bmc"),
    Rule("37945", "Inspur", "inspur_bmc", "bmc"),
    Rule("58132", "xFusion", "xfusion_ibmc", "bmc"),
    Rule("25506", "H3C", "h3c_hdm", "bmc", r"\bHDM\b|Device Management"),
    Rule("2.6.191", "IBM", "aix", "server"),
    Rule("2.3.1.2.1.1", "IBM", "aix", "server"),
    Rule("11.2.3.2", "HPE", "hpux", "server", r"HP-UX"),
    Rule("30155", "OpenBSD", "openbsd", "server"),
    # Windows says the same text whatever agent answers for it.
    Rule("", "Microsoft", "windows", "server", r"^Hardware: .* Software: Windows"),
)

NET_SNMP = (
    Rule(_NET_SNMP, "Huawei", "ups_huawei", "ups", r"^Linux GSE\d+M\b|(?i:huawei.*\bUPS)"),
    Rule("", "Huawei", "ups_huawei", "ups", r"^Linux GSE\d+M\b"),  # a UPS card, by its product name
    Rule(_NET_SNMP, None, "ups", "ups", r"(?i)^(?!Linux ).*(?:\bUPS\b|uninterruptib)"),
    Rule(_NET_SNMP, "OPNsense", "opnsense", "firewall", r"(?i)opnsense|HBSD"),
    Rule(_NET_SNMP, "pfSense", "pfsense", "firewall", r"pfSense"),
    Rule(_NET_SNMP, "TrueNAS", "truenas", "storage", r"(?i)FreeNAS|TrueNAS|\+truenas"),
    Rule(_NET_SNMP, "FreeBSD", "freebsd", "server", r"FreeBSD"),
    Rule("8072.3.2.8", "FreeBSD", "freebsd", "server"),
    Rule("8072.3.2.8", "OPNsense", "opnsense", "firewall", r"(?i)opnsense|HBSD"),
    Rule("8072.3.2.8", "pfSense", "pfsense", "firewall", r"pfSense"),
    Rule("8072.3.2.8", "TrueNAS", "truenas", "storage", r"(?i)FreeNAS|TrueNAS"),
    Rule(_NET_SNMP, "Proxmox", "proxmox", "hypervisor", r"\bPVE\b|-pve\b"),
    Rule(_NET_SNMP, "Nutanix", "nutanix", "hypervisor", r"(?i)\.nutanix\."),
    Rule(_NET_SNMP, "VMware", "vcsa", "server", r"(?i)vCenter"),
    Rule(_NET_SNMP, "DrayTek", "draytek", "router", r"DrayTek", r"Model: (\w+)"),
    Rule(_NET_SNMP, "Teltonika", "rutos", "router", r"Teltonika|\bRUT[XM]?\d"),
    Rule(_NET_SNMP, "OpenWrt", "openwrt", "router", rf"OpenWrt|{_OPENWRT}"),
    Rule(_NET_SNMP, "VyOS", "vyos", "router", r"(?i)\bVyOS|-vyos\b"),
    Rule(_NET_SNMP, "VyOS", "vyatta", "router", r"(?i)Vyatta"),
    Rule(_NET_SNMP, "Sophos", "sophos_utm", "firewall", r"\.g[0-9a-f]{6,}\.rb\d+\b|(?i:astaro)"),
    Rule(
        _NET_SNMP,
        "Check Point",
        "checkpoint",
        "firewall",
        r"\dcp(?:x86_64|i\d86|\s)|(?i:Check ?Point|Gaia)",
    ),
    Rule(
        _NET_SNMP,
        "Grandstream",
        "grandstream",
        "phone",
        r"\b(?:GXW|HT8|GXP|GXV|UCM|GRP|DP7)\w+",
        r"\b((?:GXW|HT8|GXP|GXV|UCM|GRP|DP7)\w+)",
    ),
    Rule(_NET_SNMP, "Grandstream", "grandstream_ap", "ap", r"\bGWN7[36]\d\d", r"\b(GWN\w+)"),
    Rule(_NET_SNMP, "Grandstream", "grandstream_switch", "switch", r"\bGWN78\d\d", r"\b(GWN\w+)"),
    Rule(_NET_SNMP, "QNAP", "qnap", "storage", r"(?i)\bQNAP|^T[SV]S?-\w?\d{3}|-qnap\b"),
    Rule(_NET_SNMP, "Synology", "synology", "storage", _DSM),
    Rule(_NET_SNMP, "Netgear", "readynas", "storage", r"(?i)ReadyNAS|\.alpine\.|-RN\b"),
    Rule(_NET_SNMP, "Microsoft", "windows", "server", r"^Windows"),
    Rule(_NET_SNMP, "Oracle", "solaris", "server", r"^SunOS \S"),
    Rule(_NET_SNMP, "IBM", "aix", "server", r"^AIX \S"),
    Rule(_NET_SNMP, "OpenBSD", "openbsd", "server", r"^OpenBSD \S"),
    Rule(_NET_SNMP, "Linux", "linux", "server", _RASPBERRY),
    Rule(_NET_SNMP, "Linux", "linux_appliance", "unknown", _APPLIANCE_CPU),
    Rule(_NET_SNMP, "Linux", "linux", "server", r"^Linux \S"),
    Rule("2021.250", "Linux", "linux_appliance", "unknown", _APPLIANCE_CPU),
    Rule("2021.250", "Linux", "linux", "server", r"^Linux \S+ \d"),
)
