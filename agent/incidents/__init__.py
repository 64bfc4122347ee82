"""Incidents: the record, what machine and people may do with it, its clocks, its paper."""
