"""What is going on: schedule, latest observations, states, incidents, export."""
