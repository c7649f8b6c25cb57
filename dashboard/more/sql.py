"""A read-only SQL console over the chosen catalog, the schema beside it."""

import streamlit as st

from dashboard.common import catalogs, parts, workspace
from dashboard.frame import address, rail

EXAMPLE = """SELECT dimension, share_positive, entropy_bits, stability
FROM dimension_sign
WHERE site = 'resid.0' AND threshold = 'zero'
ORDER BY entropy_bits DESC
LIMIT 20"""

MOST = 30
"""Columns that are explained at once."""

here = rail.here()


def explained() -> None:
    """Every table and column in the catalog's own words: of one table, or those with a word."""
    columns = catalogs.columns(here.catalog).frame.fillna({"comment": ""})
    tables = catalogs.tables(here.catalog).frame.fillna({"comment": ""}).set_index("table")
    address.seed("sql.find", "find", "", address.anything)
    left, right = st.columns(2)
    names = list(dict.fromkeys(columns["table"]))
    table = left.selectbox("Table", names, key="sql.table", label_visibility="collapsed")
    wanted = right.text_input(
        "Find in all of them", key="sql.find", placeholder="find in all: stability",
        label_visibility="collapsed",
    ).strip().lower()  # fmt: skip
    address.write(find=wanted)
    if wanted:
        text = columns["table"] + " " + columns["column"] + " " + columns["comment"]
        shown = columns[text.str.lower().str.contains(wanted, regex=False)]
        st.caption(f"{len(shown)} of {len(columns)} columns")
        names = shown["table"] + "." + shown["column"]
    else:
        shown = columns[columns["table"] == table]
        names = shown["column"]
        about = tables.loc[table]
        st.text(f"{parts.visible(about['comment'])} ({about['rows']:,} rows)")
    with st.container(border=True, gap="xxsmall"):
        for name, row in zip(names[:MOST], shown[:MOST].itertuples(), strict=True):
            st.text(f"{name}  {row.type}")
            st.caption(parts.plain(row.comment))


parts.breadcrumb(here.slug, "read-only, 10 seconds, 10,000 rows")
address.seed("sql.text", "sql", EXAMPLE.replace("resid.0", here.site), address.anything)
query, schema = st.columns([5, 3], gap="medium")
with schema, parts.panel("Tables and columns"):
    explained()
with query:
    with st.form("sql.form", border=False):
        text = st.text_area("SQL", key="sql.text", height=190, label_visibility="collapsed")
        st.form_submit_button("Run", type="primary", icon=":material/play_arrow:")
    address.write(sql=text)
    with parts.guard():
        blind = workspace.anything_hidden()
        result = catalogs.console(here.catalog, text, blind)
        more = ", the rest was cut off" if result.truncated else ""
        st.caption(f"{len(result.frame):,} rows in {parts.number(result.seconds)} s{more}")
        parts.table(result.frame, raw=True, key="sql.result", height=380)
        with st.container(horizontal=True):
            st.download_button("CSV", result.csv, "query.csv", "text/csv", on_click="ignore")
            st.download_button("Parquet", result.parquet, "query.parquet", on_click="ignore")
