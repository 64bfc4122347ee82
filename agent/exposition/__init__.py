"""The Prometheus text writer: device text rendered once at poll time, joined at scrape."""
