"""Meetings: which are booked, what they ask of the polling, what is kept of them."""
