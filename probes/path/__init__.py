"""The Metronet line: bursts of echoes and the arithmetic of quality."""
