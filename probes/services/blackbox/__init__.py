"""What blackbox_exporter would say of a service: its modules, names, labels and values."""
