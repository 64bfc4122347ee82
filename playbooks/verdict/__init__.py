"""Facts in, verdict out: which side of the ward border a fault is on. Pure."""
