"""Rules of hygiene for machines, a module for each group; `judge` applies them."""
