"""The pages of dimensions and of items."""
