"""Labelers that are no people: a chat endpoint with the blind view, and a baseline without one."""
