"""Which SNMP objects a simulated device has, and how the world answers each."""
