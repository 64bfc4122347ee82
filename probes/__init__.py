"""What was seen: how to ask one device one thing, and what the answer means."""
