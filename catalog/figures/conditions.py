"""The conditions of a flip on one axis, each with its interval: wide SVG."""

import pandas as pd

from catalog.figures import wide
from catalog.figures.colours import ACCENT, FAINT, NEAR
from catalog.figures.text import number

NAMES = {
    "away": "away",
    "toward": "toward",
    "disjoint": "disjoint features",
    "largest": "largest |x|",
    "random": "random features",
    "noise": "noise",
    "direct": "direct path alone",
    "edits": "further edits alone",
    "together": "away and further edits",
}
AXES = {
    "vocabulary": "change of log p, concept − matched tokens (nats)",
    "classes": "change of log p, concept's class − other classes (nats)",
    "layers": "change of agreement at later sites",
}
_STRONG = ("away", "toward", "together")
_ROW, _LEFT = 30.0, 25.0


def drawn(frame: pd.DataFrame, reads: str = "vocabulary") -> str:
    """Effect of every condition with its 95 % interval; away and toward stand out.

    `frame`: condition, effect, low, high, and where they are known changed and delta_norm.
    """
    low, high = min(0.0, float(frame["low"].min())), max(0.0, float(frame["high"].max()))
    room = 0.05 * (high - low or 1.0)
    low, high = low - room, high + room
    base = _ROW * len(frame) + 4

    def at(value: float) -> float:
        return _LEFT + (100 - _LEFT) * (value - low) / (high - low)

    body = []
    for value in wide.ticks(low, high, 6):
        body.append(wide.line(at(value), 4, at(value), base, FAINT, 1))
        body.append(wide.text(at(value), base + 15, f"{value:g}", 11, "middle"))
    body.append(wide.line(at(0), 4, at(0), base, NEAR, 1.5, ' stroke-dasharray="5 4"'))
    for place, row in enumerate(frame.to_dict("records")):
        y = 4 + _ROW * (place + 0.5)
        strong = row["condition"] in _STRONG
        colour = ACCENT if strong else NEAR
        name, value = NAMES[row["condition"]], float(row["effect"])
        weight = ' font-weight="600"' if strong else ""
        body.append(wide.text(_LEFT, y + 4, name, 12.5, "end", f' dx="-10"{weight}'))
        body.append(wide.line(at(row["low"]), y, at(row["high"]), y, colour, 2))
        body.append(wide.dot(at(value), y, 5.5, colour))
        tip = f"{name}\n{number(value)} [{number(row['low'])}, {number(row['high'])}]"
        if "changed" in row:
            tip += f"\n{row['changed']:.1%} of signs changed, ||delta|| {number(row['delta_norm'])}"
        body.append(wide.box(0, y - _ROW / 2, 100, _ROW, "transparent", wide.mark(None, tip)))
    body.append(wide.text((100 + _LEFT) / 2, base + 32, AXES[reads], 12, "middle"))
    said = ", ".join(f"{NAMES[one.condition]} {number(one.effect)}" for one in frame.itertuples())
    return wide.document(base + 38, body, f"Effects: {said}")
