"""The flip lab and its saved runs."""
