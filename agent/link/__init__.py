"""The link between a ward's agent and the hub: each tells the other what it sees, with ages."""
