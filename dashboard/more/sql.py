"""A read-only SQL console over the chosen catalog, the schema beside it."""

import streamlit as st

from dashboard.common import catalogs, parts, workspace
from dashboard.frame import address, rail

EXAMPLE = """SELECT dimension, share_positive, entropy_bits, stability
FROM dimension_sign
WHERE site = 'resid.0' AND threshold = 'zero'
ORDER BY entropy_bits DESC
LIMIT 20"""

here = rail.here()
parts.breadcrumb(here.slug, "read-only, 10 seconds, 10,000 rows")
address.seed("sql.text", "sql", EXAMPLE.replace("resid.0", here.site), address.anything)
query, schema = st.columns([5, 3], gap="medium")
with schema, parts.panel("Tables and columns"):
    columns = catalogs.columns(here.catalog).frame
    names = list(dict.fromkeys(columns.table))
    chosen = st.selectbox("Table", names, key="sql.table", label_visibility="collapsed")
    parts.table(
        columns[columns.table == chosen][["column", "type", "comment"]], height=420, row_height=30
    )
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
