"""Machines of a ward: how well they are kept."""
