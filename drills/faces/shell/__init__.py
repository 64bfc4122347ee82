"""The machines' SSH face: a small shell, the programs it knows, the files it can read."""
