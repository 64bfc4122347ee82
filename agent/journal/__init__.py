"""What is kept on disk: the journal's file, its schema, what it forgets, the audit chain."""
