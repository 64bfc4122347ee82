"""Rehearsal: one simulated world, its faces, the demo and the simulator."""
