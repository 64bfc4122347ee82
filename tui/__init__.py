"""What people see: the plain-text status; the screens join it here."""
