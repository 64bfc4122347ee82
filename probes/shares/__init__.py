"""Shares that are open to people without an account: SMB and NFS, asked and never opened."""
