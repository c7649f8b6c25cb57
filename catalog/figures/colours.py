"""Colours of every figure, and the letters of tokens; they are legible on light and dark.

Positive is vermillion, negative blue, near grey, on every chart; nothing else borrows them.
"""

POSITIVE = "#D55E00"
NEGATIVE = "#0072B2"
NEAR = "#8a8a8a"
ACCENT = "#7a6fb0"
"""Lines that belong to no pole."""
HERE = "#E0B000"
"""The place where the page stands."""
FAINT = "rgba(128,128,128,0.28)"
STEPS = ("#9a6bd1", "#3f9f9f", "#e0b000")
"""From low to high."""
MONOSPACE = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
