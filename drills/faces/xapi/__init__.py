"""The video endpoint as a Cisco codec: one status tree, told over HTTPS, SSH and WebSocket."""
