"""Meetings over the city's system: when, where, and is the room ready."""
