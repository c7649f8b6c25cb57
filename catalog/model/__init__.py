"""The only package that imports torch: loading, reading and editing a live model."""
