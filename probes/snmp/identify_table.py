"""All rules of identification, as data. Read by `probes.snmp.identify`.

The rules stand by trade in the modules named here. Their order matters only among rules of one
prefix: the first that holds wins, one without a condition comes last.
"""

from __future__ import annotations

from probes.snmp import identify_campus as campus
from probes.snmp import identify_hosts as hosts
from probes.snmp import identify_network as network
from probes.snmp import identify_office as office
from probes.snmp import identify_power as power
from probes.snmp.identify_rule import Rule
from probes.snmp.identify_text import WORDS
from probes.snmp.identify_vendors import BRANDS, VENDORS

RULES: tuple[Rule, ...] = (
    *power.POWER,
    *office.ROOMS,
    *office.PRINTERS,
    *office.PHONES,
    *office.CAMERAS,
    *hosts.STORAGE,
    *hosts.MACHINES,
    *network.CISCO,
    *network.HUAWEI_AND_H3C,
    *network.HPE_AND_ARUBA,
    *network.CAMPUS,
    *campus.SWITCHES,
    *campus.WIRELESS_AND_ROUTERS,
    *campus.FIREWALLS,
    *office.OTHERS,
    *hosts.NET_SNMP,
    *WORDS,
)

__all__ = ["BRANDS", "RULES", "VENDORS", "Rule"]
