"""HTTP: metrics, service discovery, health and the JSON API."""
