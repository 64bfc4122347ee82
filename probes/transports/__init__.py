"""How bytes reach a device: HTTP(S), SSH, WebSockets and bare TCP."""
