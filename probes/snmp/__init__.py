"""SNMP: codec, engines, tables, and what rows mean."""
