"""One module per device type; each builds exactly one `DEVICE_TYPE`."""
