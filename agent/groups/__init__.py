"""Wards that fall together: when that is one fault, and the one incident it then is."""
