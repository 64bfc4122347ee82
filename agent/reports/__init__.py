"""Reports of a month, a year and a line, every figure made of the raw samples and incidents."""
