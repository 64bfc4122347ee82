"""Video endpoints: each brand translated into one vocabulary."""
