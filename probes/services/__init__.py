"""Service checks: TCP and HTTP(S), with the names of blackbox_exporter."""
