"""Virtual machines: read-only sources of one vocabulary."""
