"""Build a catalog, verify it against the live model, show its items to the model again."""
