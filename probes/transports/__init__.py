"""How bytes reach a device: HTTPS today; shell and SSH join it here."""
