"""What paints lines on the terminal."""
