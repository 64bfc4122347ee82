"""Who stands behind whom, and which children are held under a broken parent. Pure."""
