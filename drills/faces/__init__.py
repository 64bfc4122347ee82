"""Protocol views of the one world; a face only looks, it never decides."""
