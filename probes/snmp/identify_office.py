"""Rules for meeting rooms, telephones, printers and cameras.

Sources: the makers' registration arcs in the IANA registry and Printer-MIB practice (RFC 3805):
printers name themselves in sysDescr, cameras and codecs mostly have an arc of their own.
"""

from __future__ import annotations

from probes.snmp.identify_rule import Rule

_PHONE = r"(?i)SoundPoint|SoundStation|\bVVX|\bCCX|Edge [EB]\d|phone|\bOBi"
_BRIDGE = r"(?i)\bRMX|Collaboration Server|\bDMA\b|\bMGC|\bCMA\b|\bMCU \d|Elite \d|gateway"

ROOMS = (
    Rule(
        "5596",
        "Cisco",
        "vc_cisco_codec",
        "video",
        r"(?i)codec|RoomOS|TANDBERG|\bMXP",
        r"MCU: Cisco TelePresence (\S+)",
    ),
    Rule("5596", "Cisco", "vc_bridge", "mcu", r"(?i)\bTelePresence (?:MCU|Server|Conductor)|\bVCS"),
    Rule("5596.150", "Cisco", "vc_cisco_codec", "video", "", r"MCU: Cisco TelePresence (\S+)"),
    Rule("5596.130", "Cisco", "vc_vcs", "mcu"),
    Rule("5596.180", "Cisco", "vc_conductor", "mcu"),
    Rule(
        "",
        "Cisco",
        "vc_bridge",
        "mcu",
        r"(?i)\bAcano\b|Cisco (?:Meeting Server|TelePresence (?:MCU|Server))|Codian|Expressway",
    ),
    Rule(
        "",
        "Cisco",
        "vc_cisco_codec",
        "video",
        r"(?i)Cisco (?:TelePresence )?Codec|RoomOS|\bTANDBERG\b|Webex (?:Room|Board|Desk)",
    ),
    Rule("2684", "Poly", "vc_poly", "video"),
    Rule("2684", "Poly", "poly_bridge", "mcu", _BRIDGE),
    Rule("13885", "Poly", "poly_bridge", "mcu", _BRIDGE),
    Rule("13885", "Poly", "poly_phone", "phone", _PHONE),
    Rule(
        "13885",
        "Poly",
        "vc_poly",
        "video",
        r"(?i)Group|HDX|Studio|RealPresence|\bG7500|\bX[357]\d|\bVSX|Lens|video|Trio",
    ),
    Rule("13885.101", "Poly", "vc_poly", "video"),
    *(
        Rule(prefix, "Poly", kind, device_class, descr)
        for prefix in ("", "8072.3.2")
        for kind, device_class, descr in (
            ("poly_phone", "phone", rf"(?i)^Poly(?:com)?.*(?:{_PHONE[4:]})"),
            ("poly_bridge", "mcu", rf"(?i)^(?:Poly(?:com)?)\b.*(?:{_BRIDGE[4:]})"),
            ("vc_poly", "video", r"(?i)^(?:HP )?Poly(?:com)?\b"),
        )
    ),
    Rule("903", "Avaya", "vc_scopia", "mcu", r"(?i)\bMCU|Elite|Gateway|iVIEW", r"(Scopia \S+)"),
    Rule("903", "Avaya", "vc_scopia", "video", r"(?i)Scopia|\bXT\d", r"(Scopia \S+)"),
    Rule("903.31", "Avaya", "vc_scopia", "video", "", r"(Scopia \S+)"),
    Rule(
        "37459",
        "Yealink",
        "vc_yealink",
        "video",
        r"(?i)\bVC\d|Meeting(?:Bar|Eye|Board)|\bMVC|\bA[123]0\b",
    ),
    # Yealink's number is that of its telephones and of its rooms: the text must say which.
    Rule("37459", "Yealink", "yealink", "phone", r"(?i)\bSIP-|\bT\d{2}\w?\b|\b(?:CP|W)\d{2}|phone"),
    Rule("7312", "Barco", "clickshare", "video", r"(?i)ClickShare|\bCS[EMC]?-|\bC[XB]-"),
    Rule("7312.2468", "Barco", "clickshare", "video"),
    Rule("", "Barco", "clickshare", "video", r"(?i)ClickShare"),
    Rule("", "Lifesize", "vc_lifesize", "video", r"(?i)life ?size"),
    *(
        Rule(
            prefix,
            "Huawei",
            "vc_huawei_te",
            "video",
            r"(?i)Huawei.*(?:ViewPoint|video ?conf|\bTEX?[1-6]0\b|CloudLink|IdeaHub)"
            r"|^(?:TE[2-6]0\b|CloudLink (?:Bar|Box|Board)\b)",
        )
        for prefix in ("", "8072.3.2")
    ),
    Rule("", "Yealink", "vc_yealink", "video", r"(?i)Yealink.*(?:\bVC\d|Meeting)"),
    Rule("", "Sony", "vc_sony", "video", r"^(?:Sony )?PCS-X[A-Z]?\d"),
    Rule("122", "Sony", "vc_sony", "video", r"\bPCS-\w*\d"),
    Rule("258", "Panasonic", "vc_panasonic", "video", r"\bKX-VC\d"),
    *(
        Rule(prefix, "ZTE", kind, device_class, descr)
        for prefix in ("3902", "3902.3")
        for kind, device_class, descr in (
            ("vc_zte_mcu", "mcu", r"ZXV10 ?M\d|ZXMVC"),
            ("vc_zte", "video", r"ZXV10"),
        )
    ),
    Rule(
        "",
        "Logitech",
        "vc_logitech",
        "video",
        r"(?i)^Logi(?:tech)? (?:Rally|Tap|Room|MeetUp|Scribe)",
    ),
    Rule("", "AVer", "vc_aver", "video", r"(?i)^AVer\b.*(?:\b(?:E|S)?VC\d|\bVB\d|video)"),
    Rule("", "ClearOne", "vc_clearone", "video", r"(?i)^ClearOne.*(?:COLLABORATE|video)"),
    Rule("", "Kedacom", "vc_kedacom", "mcu", r"(?i)^Keda(?:com)?\b.*\bMCU"),
    Rule("", "Kedacom", "vc_kedacom", "video", r"(?i)^Keda(?:com)?\b.*(?:terminal|video|\bH\d{3})"),
    Rule("", "Vidyo", "vc_vidyo", "video", r"(?i)\bVidyo ?Room"),
    Rule("", "Vidyo", "vc_vidyo_bridge", "mcu", r"(?i)\bVidyo ?(?:Router|Gateway|Portal)"),
    Rule("", "StarLeaf", "vc_starleaf", "video", r"(?i)\bStarLeaf"),
    Rule("", "Pexip", "vc_pexip", "mcu", r"(?i)\bPexip"),
    Rule("1248.4", "Epson", "epson_projector", "other"),
    Rule("25766", "Christie", "christie", "other"),
)

PHONES = (
    Rule("6889.1.69", "Avaya", "avaya_phone", "phone"),
    Rule("6889.1.45", "Extreme", "extreme_boss", "switch"),
    Rule("1027", "Mitel", "mitel", "phone"),
    Rule("6666", "innovaphone", "innovaphone", "phone"),
    Rule("5003", "AudioCodes", "audiocodes", "other"),
    Rule(
        "",
        "Yealink",
        "yealink",
        "phone",
        r"(?i)^SIP-(?:T|CP|W)\d|Yealink.*(?:\bSIP-|\bT\d\d|phone)",
    ),
    Rule("", "Fanvil", "fanvil", "phone", r"(?i)Fanvil"),
    Rule("", "Snom", "snom", "phone", r"(?i)^snom ?\w?\d"),
)

PRINTERS = (
    Rule(
        "11",
        "HPE",
        "hp_jetdirect",
        "printer",
        r"(?i)ETHERNET MULTI-ENVIRONMENT|JetDirect|LaserJet|OfficeJet|PageWide|DesignJet",
    ),
    Rule("11.2.3.9", "HPE", "hp_jetdirect", "printer"),
    Rule("11.2.3.9", "Samsung", "samsung_printer", "printer", r"^Samsung ", r"^Samsung (\S+?);?"),
    Rule("128", "Xerox", "xerox_printer", "printer", r"(?i)Phaser|Xerox|print"),  # once Tektronix'
    Rule(
        "236",
        "Samsung",
        "samsung_printer",
        "printer",
        r"^Samsung (?:C[LM]X|SCX|ML|SL|M\d|K\d|X\d)|(?i:printer)",
        r"^Samsung (\S+)",
    ),
    Rule("236.11.5", "Samsung", "samsung_printer", "printer", "", r"^Samsung (\S+?);"),
    Rule(
        "",
        "Samsung",
        "samsung_printer",
        "printer",
        r"^Samsung (?:CL|SC|ML|SL|M\d|S$|C\d|K\d|X\d)",
        r"^Samsung (\S+)",
    ),
    Rule("253", "Xerox", "xerox_printer", "printer", "", r"^(?:FUJI )?(?:Xerox|XEROX) (.+?);"),
    Rule("297", "Xerox", "xerox_printer", "printer", "", r"^(?:FUJI )?(?:Xerox|XEROX) (.+?);"),
    Rule("367", "Ricoh", "ricoh_printer", "printer", "", r"^(?:RICOH )?(.+?) \d"),
    Rule("641", "Lexmark", "lexmark_printer", "printer", "", r"^Lexmark (\S+)"),
    Rule("1347", "Kyocera", "kyocera_printer", "printer"),
    Rule("1602", "Canon", "canon_printer", "printer", "", r"^Canon (\S+)"),
    Rule("1602", "Canon", "canon_camera", "camera", r"(?i)camera|\bVB-"),
    Rule("2435", "Brother", "brother_printer", "printer"),
    Rule(
        "1248",
        "Epson",
        "epson_printer",
        "printer",
        r"(?i)print|EPSON (?:AL|WF|ET|L|TM|SC|EP|PX|LP)",
    ),
    Rule("1248.1", "Epson", "epson_printer", "printer"),
    Rule("2385", "Sharp", "sharp_printer", "printer", "", r"^SHARP (\S+)"),
    Rule("2385", "Sharp", "sharp_display", "other", r"\b(?:PN|LC)-|(?i:display)"),
    Rule(
        "18334",
        "Konica Minolta",
        "konica_printer",
        "printer",
        "",
        r"(?i)^KONICA MINOLTA (bizhub \S+|\S+)",
    ),
    Rule("2001", "OKI", "oki_printer", "printer"),
    Rule("1129", "Toshiba", "toshiba_printer", "printer"),
    Rule("10642", "Zebra", "zebra_printer", "printer"),
    Rule("683", "Zebra", "zebra_printer", "printer", r"(?i)zebra|zbr|print ?server"),
    Rule("40093", "Pantum", "pantum_printer", "printer"),
    Rule("1229", "SEH", "seh_print_server", "printer"),
    Rule("674.10898", "Dell", "dell_printer", "printer"),
    Rule("674", "Dell", "dell_printer", "printer", r"(?i)Laser|\bMFP\b|Printer"),
)

CAMERAS = (
    Rule("368", "Axis", "axis_camera", "camera", "", r"AXIS (\w+)"),
    Rule("368", "Axis", "axis", "other", r"(?i)speaker|audio|access control|door"),
    Rule("23465", "Vivotek", "vivotek_camera", "camera"),
    Rule("50001", "Hikvision", "hikvision", "camera"),
    Rule("39165", "Hikvision", "hikvision", "camera"),
    Rule("1004849", "Dahua", "dahua", "camera"),
    Rule("36849", "Hanwha", "hanwha", "camera"),
    Rule("3967", "Bosch", "bosch_camera", "camera", r"(?i)camera|dinion|flexidome|autodome|divar"),
    Rule("39165", "Hikvision", "hikvision_other", "unknown", r"^Linux "),  # not a camera of theirs
    Rule("122", "Sony", "sony_camera", "camera", r"\b(?:SNC|SRG|BRC)-"),
    Rule("258", "Panasonic", "panasonic_camera", "camera", r"\b(?:WV|BB|BL|WJ)-\w*\d"),
    *(
        Rule(prefix, vendor, "uniview", "camera", descr)
        for prefix in ("25506", "25506.1", "25506.11.1", "")
        for vendor, descr in (
            ("Uniview", r"(?i)^(?:Uniview|UNV)\b"),
            ("H3C", r"(?i)^H3C.*(?:network camera|\bNVR)"),
        )
    ),
    Rule("", "Hikvision", "hikvision", "camera", r"(?i)Hikvision|^(?:iDS|DS)-[27]\w+"),
    Rule("", "KBVision", "dahua", "camera", r"(?i)^KBVISION"),  # made by Dahua
    *(
        Rule("", vendor, "ip_camera", "camera", rf"(?i)^(?:{words})\b")
        for vendor, words in (
            ("Hanwha", "Hanwha|Wisenet"),
            ("Mobotix", "Mobotix"),
            ("Pelco", "Pelco"),
            ("Avigilon", "Avigilon"),
            ("GeoVision", "GeoVision"),
            ("Tiandy", "Tiandy"),
            ("Vivotek", "Vivotek"),
            ("Questek", "Questek"),
            ("Vantech", "Vantech"),
        )
    ),
    Rule("", "Dahua", "dahua", "camera", r"(?i)Dahua|^DH-"),
    Rule("", "Axis", "axis_camera", "camera", r"AXIS \w+.*(?:Camera|Encoder|Video)", r"AXIS (\w+)"),
    Rule("", "Samsung", "samsung_camera", "camera", r"(?i)Samsung.*(?:iPOLiS|camera)"),
)

OTHERS = (Rule("41036", "Corero", "corero", "other"),)
