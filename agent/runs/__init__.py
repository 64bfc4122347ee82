"""Playbook runs that the agent conducts: their facts, their probes, their records."""
