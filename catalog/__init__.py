"""The dimension catalog: what each dimension of a transformer encodes in its sign."""

__version__ = "0.1.0"
