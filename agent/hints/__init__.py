"""What devices say by themselves: traps and syslog lines, taken as hints and never as states."""
