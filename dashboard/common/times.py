"""Durations as pages say them."""


def told(seconds: float) -> str:
    """A duration in words, no more exact than anybody needs: 8 s, 3 min, 1.5 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
