"""Packed signs and what is counted on them. NumPy and numba only."""
