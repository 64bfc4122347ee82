"""Announced work: windows, what they cover, and what that does to checks and calls."""
