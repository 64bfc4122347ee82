"""The smallest terminal that a screen fits on."""

COLUMNS, ROWS = 80, 24
