"""Durable notifications: planned with what causes them, sent after it is on disk."""
