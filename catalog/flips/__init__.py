"""Flips: change a feature's signs in the live model, beside matched controls."""
