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


def chart_text(text: object, longest: int = 40) -> str:
    """`visible`, cut to `longest` characters and escaped for Plotly, which reads some HTML."""
    shown = visible(text)
    shown = shown if len(shown) <= longest else shown[: longest - 1] + "…"
    return html.escape(shown, quote=False).replace("$", "&#36;")


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
