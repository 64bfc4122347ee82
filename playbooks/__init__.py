"""What to do: the verdict on a ward's facts; playbooks join it here."""
