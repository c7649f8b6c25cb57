"""Text and numbers as figures and tables show them: the one escaping of the outside world."""

import html
import re
from typing import Any

import pandas as pd

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: object) -> str:
    """Text of the outside world with control, bidi and zero-width characters made visible.

    Show the result by st.text, st.code(language=None) or st.dataframe, never as Markdown.
    """
    return _UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", str(text))


_OPEN, _CLOSE = "⟦", "⟧"  # around the token that a text in context is about


def shortened(text: object, longest: int) -> str:
    """`visible`, at most `longest` characters; of a token in its context the token stays."""
    shown = visible(text)
    if len(shown) <= longest:
        return shown
    first, past = shown.find(_OPEN), shown.find(_CLOSE) + 1
    if 0 <= first < past and past >= longest:  # what stands before the token goes first
        shown = "…" + shown[min(first, past + 2 - longest) :]
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def chart_text(text: object, longest: int = 40) -> str:
    """`shortened` and escaped for Plotly, which reads some HTML."""
    return html.escape(shortened(text, longest), quote=False).replace("$", "&#36;")


def number(value: Any) -> str:
    """At most three significant digits, no exponent between 0.001 and 999,999; – where missing."""
    if value is None or pd.isna(value):
        return "–"
    value = float(value)
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.3g}"
    return f"{value:.3g}" if abs(value) < 1e-3 else f"{value:#.3g}".removesuffix(".")


def chance(value: Any) -> str:
    """A p or q: at most three digits, below 0.001 as such; – where missing."""
    if value is None or pd.isna(value):
        return "–"
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def ends(low: Any, high: Any, decimals: int = 3) -> str:
    """The two ends of an interval, [0.881, 0.936]; – where missing."""
    return "–" if low is None or pd.isna(low) else f"[{low:z.{decimals}f}, {high:z.{decimals}f}]"


def between(value: Any, low: Any, high: Any, decimals: int = 3) -> str:
    """A figure to three decimals with its interval, 0.912 [0.881, 0.936]; – where missing.

    Without an interval the figure alone; `decimals` are those of the interval.
    """
    if value is None or pd.isna(value):
        return "–"
    alone = low is None or pd.isna(low)
    return f"{value:z.3f}" if alone else f"{value:z.3f} {ends(low, high, decimals)}"


def signed(value: Any) -> str:
    """A difference with its sign, to three decimals; – where missing."""
    if value is None or pd.isna(value):
        return "–"
    return f"{value:+z.3f}".replace("-", "−")
