"""Parts that every page uses: guard, literal text, panels with copy and download, columns."""

import contextlib
import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from catalog.figures.text import chart_text, number, visible
from catalog.store import cells
from dashboard.common import grey, terms
from dashboard.common.answers import Answer, Here
from dashboard.common.guarding import guard

_SUBJECT = "parts.subject"
HELD = "address.held"
"""Key of what will stand in the link as soon as the browser has told that it listens, else None."""

EMBEDDED, EMBEDDED_KEY = "embed.told", "embedded"
"""Session state of an embedded page (asked, found, seen), and the key of its one panel."""
PERSONAL = "me"
"""What links once carried and none does: whoever opened one became that person."""


__all__ = ["chart_text", "guard", "number", "visible"]


def plain(text: object) -> str:
    """`visible`, escaped for labels that are read as Markdown (links, buttons, popovers)."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!$:~|<>])", r"\\\1", visible(text))


def spaced(name: object) -> str:
    """A category's name as it is read: `visible`, spaces for underscores."""
    return visible(name).replace("_", " ")


def notice(text: str) -> None:
    """A calm line above a page: something was not as asked. `text` is shown literally."""
    with st.container(horizontal=True, wrap=False, gap="xsmall"):
        st.markdown(":material/info:", width="content")
        st.text(visible(text), width="stretch")


def breadcrumb(*steps: object) -> None:
    """Where the page stands: storyteller › resid.4 › dimension 123."""
    st.text(" › ".join(visible(step) for step in steps))


def pair(name: object, text: object) -> None:
    """A name and what it means, side by side, both literal."""
    left, right = st.columns([2, 7])
    left.text(visible(name))
    right.text(visible(text))


def empty(sentence: str, command: str = "") -> None:
    """What is missing, and the one command that makes it."""
    with st.container(border=True):
        st.text(sentence)
        if command:
            st.code(command, language=None)


def about(subject: str) -> None:
    """What the page is about (animals, dimension-12): downloads are called after it."""
    st.session_state[_SUBJECT] = subject


def file(what: str) -> str:
    """Name of a download without its ending: catalog, site, what the page is about, and `what`."""
    place = st.session_state.get("rail.here")
    where = (place.slug, place.site) if isinstance(place, Here) else ("dimensions",)
    named = [*where, st.session_state.get(_SUBJECT, ""), what]
    return "_".join(re.sub(r"[^\w.+-]+", "-", one).strip("-") for one in named if one)


def _short(title: str) -> str:
    """A panel's title as a part of a file's name: no counts, no hints, no more than five words."""
    said = re.split("[;:,(]", re.sub(r":\w+\[.*?\]", "", title))[0].lower()
    return "-".join([word for word in re.findall(r"[^\W\d_]+", said) if word != "the"][:5])


@contextlib.contextmanager
def panel(
    title: str, answer: Answer | None = None, help: str | None = None, what: str | None = None
) -> Iterator[None]:
    """A titled block; with an answer it offers link, SQL or Python, and CSV.

    `title` and `help` are this program's own words; `what` names the downloads, else the title.
    """
    with st.container(gap="xsmall", key=_embedded(title)):
        with st.container(
            horizontal=True,
            wrap=False,
            horizontal_alignment="distribute",
            vertical_alignment="center",
        ):
            st.markdown(f"**{title}**", help=help, width="content")
            if answer is not None:
                tools(title, answer, _short(title) if what is None else what)
        yield


def embedding() -> bool:
    """Whether one panel alone is asked for, wherever on the page it lies."""
    return bool((st.session_state.get(EMBEDDED) or {}).get("asked"))


def _embedded(title: str) -> str | None:
    """Key of the one panel that the link asks for alone; None for all others."""
    told = st.session_state.get(EMBEDDED)
    if not told:
        return None
    name = _short(title)
    told["seen"].append(name)
    if told["asked"] != name:
        return None
    told["found"] = True
    return EMBEDDED_KEY


def tools(title: str, answer: Answer, what: str) -> None:
    """Popover of a panel: permanent link, SQL or Python, CSV, Parquet; `what` names these two."""
    _tools("parts." + re.sub(r"\W+", "_", title.lower()), answer, what, _short(title))


@st.fragment
@guard()
def _tools(key: str, answer: Answer, what: str, name: str) -> None:
    """What is in it is made for those who open it: a page has many panels."""
    shown = st.popover(
        ":material/more_horiz:", type="tertiary", key=f"{key}.tools", on_change="rerun"
    )
    if not shown.open:
        return
    with shown:
        st.caption("Link to this view")
        st.code(link(), language=None, wrap_lines=True)
        st.caption("This panel alone, for a page elsewhere")
        st.code(f'<iframe src="{link()}&embed=1&panel={name}"></iframe>', language=None)
        st.caption("The same in SQL" if answer.language == "sql" else "The same in Python")
        st.code(answer.copy, language=answer.language, wrap_lines=True)
        st.download_button(
            "Download CSV",
            lambda: csv(answer.frame),
            file_name=f"{file(what)}.csv",
            mime="text/csv",
            key=f"{key}.csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Download Parquet",
            lambda: answer.frame.convert_dtypes().to_parquet(index=False),
            file_name=f"{file(what)}.parquet",
            key=f"{key}.parquet",
            on_click="ignore",
            icon=":material/download:",
        )


def csv(frame: pd.DataFrame) -> bytes:
    """A frame as a CSV file, by the rule of its cells."""
    return cells.csv(frame).encode()


def link() -> str:
    """Address of what is on the screen now."""
    base = (st.context.url or "").split("?")[0]
    shown = st.query_params.to_dict() | (st.session_state.get(HELD) or {})
    shown.pop(PERSONAL, None)
    return f"{base}?{urlencode(shown)}"


def plotly() -> dict[str, Any]:
    """Options of a chart: one button on hover, which saves it as SVG under the page's name."""
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "svg", "filename": file("figure")},
    }


def figure(label: str, value: Any, term: str = "", width: int = 92) -> None:
    """One small figure with its meaning on hover, for a horizontal container that wraps."""
    shown = value if isinstance(value, str) else number(value)
    width = round(width * 1.35) if st.session_state.get("present.on") else width
    st.metric(label, shown, help=terms.term(term) or None, width=width)


def wide(label: int, value: int) -> int:
    """Pixels that a figure with a label and a value of so many characters takes."""
    return max(84, 8 * label + 24, 12 * value + 16)


def _aligned(column: "pd.Series[Any]") -> str:
    # As many decimals for the whole column as its largest value needs for three digits.
    largest = column.abs().max()
    if largest and column.abs().median() < largest / 30:
        return "%.3g"
    decimals = 2 - math.floor(math.log10(largest)) if largest and largest > 0 else 0
    return f"%.{min(max(decimals, 0), 6)}f"


_TERMS = {
    "dimension": ("dimension", "%d", "dimension.dimension"),
    "share_positive": ("share +", "%.3f", "dimension_sign.share_positive"),
    "entropy_bits": ("entropy (bits)", "%.3f", "dimension_sign.entropy_bits"),
    "mean": ("mean", "", "dimension.mean"),
    "std": ("sd", "", "dimension.std"),
    "mean_abs": ("mean |x|", "", "dimension.mean_abs"),
    "q05": ("5 %", "", "dimension.q05"),
    "q50": ("median", "", "dimension.q50"),
    "q95": ("95 %", "", "dimension.q95"),
    "stability": ("stability", "%.3f", "dimension_sign.stability"),
    "chance": ("chance", "%.3f", "dimension_sign.chance"),
    "kappa": ("kappa", "%.3f", "dimension_sign.kappa"),
    "frequency_auc": ("v frequency", "%.3f", "dimension_sign.frequency_auc"),
    "length_auc": ("v length", "%.3f", "dimension_sign.length_auc"),
    "rank": ("rank", "%d", "pole.rank"),
    "value": ("value", "", "pole.value"),
    "item": ("item", "%d", "item.item"),
    "dims": ("dims", "%d", "site.dims"),
    "degenerate": ("degenerate", "%d", "site.degenerate"),
    "mi_bits": ("MI (bits)", "%.5f", ""),
    "phi": ("phi", "%+.3f", ""),
    "same": ("same sign", "%.3f", ""),
    "share": ("items with this sign", "%.3f", ""),
    "distance": ("differing", "%d", ""),
    "away": ("from threshold", "%.3g", ""),
    "sds": ("sd from mean", "%+.2f", ""),
    "megabytes": ("MB", "%.1f", ""),
}
"""Number columns: title with unit, format (else three digits), where the schema explains it."""


_NAMES = ("category", "confusable")
"""Columns that name categories."""


def _unsigned(column: "pd.Series[Any]", form: str) -> "pd.Series[Any]":
    # A number that rounds to zero has no sign: 0.00, never -0.00.
    decimals = re.fullmatch(r"%\+?\.(\d)f", form)
    if not decimals or not pd.api.types.is_float_dtype(column):
        return column
    return column.mask(column.lt(0) & column.round(int(decimals[1])).eq(0), 0.0)


def table(frame: pd.DataFrame, raw: bool = False, **options: Any) -> Any:
    """st.dataframe with this program's titles, formats and tooltips; strings made visible.

    `raw`: column names and numbers as they are, for what a person asked in SQL.
    """
    shown = frame.copy()
    for name in shown.select_dtypes(["object", "string"]).columns:
        read = spaced if name in _NAMES and not raw else visible
        shown[name] = shown[name].map(read, na_action="ignore")
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(
            title, format=form or _aligned(shown[name]), help=terms.term(term) or None
        )
        for name, (title, form, term) in _TERMS.items()
        if name in shown and not raw and pd.api.types.is_numeric_dtype(shown[name])
    }
    config |= options.pop("column_config", {})
    for name, one in config.items():
        if name in shown and not raw and isinstance(one, dict):  # else a title, or None: hidden
            shown[name] = _unsigned(shown[name], str((one.get("type_config") or {}).get("format")))
    return st.dataframe(grey.greyed(shown), hide_index=True, column_config=config, **options)


def picked(key: str, event: Any) -> int | None:
    """Row clicked in a table with selection_mode single-cell or single-row, once per click."""
    selection = event["selection"]
    cells, rows = selection.get("cells") or [], selection.get("rows") or []
    row = cells[0][0] if cells else rows[0] if rows else None
    return row if row is not None and changed(key, (row, str(cells))) else None


def changed(key: str, value: object) -> bool:
    """Whether a selection is new since the last run: selections survive reruns."""
    before = st.session_state.get(f"{key}.picked")
    st.session_state[f"{key}.picked"] = value
    return value is not None and value != before
