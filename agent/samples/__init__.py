"""Raw samples for reports: what the lines carried and lost, and how everything stood, by time."""
