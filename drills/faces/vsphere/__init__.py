"""An ESXi host: its web services, and what it knows of its machines."""
