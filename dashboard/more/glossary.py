"""What every table and column means, from the catalog's own comments."""

import streamlit as st

from dashboard.common import catalogs, parts
from dashboard.frame import address, rail

here = rail.here()
parts.breadcrumb(here.slug, "words of the catalog, as they stand in the file")
address.seed("glossary.wanted", "find", "", address.anything)
wanted = st.text_input("Find", key="glossary.wanted", placeholder="stability").strip().lower()
address.write(find=wanted)

columns = catalogs.columns(here.catalog)
found = columns.frame.fillna({"comment": ""})
text = found.table + " " + found.column + " " + found.comment
found = found[text.str.lower().str.contains(wanted, regex=False)]
with parts.panel(f"{len(found)} of {len(columns.frame)} columns", columns, what="columns"):
    for row in catalogs.tables(here.catalog).frame.itertuples():
        of_table = found[found.table == row.table]
        if of_table.empty:
            continue
        with st.container(border=True, gap="xsmall"):
            parts.pair(f"table {row.table}", f"{row.comment or ''} ({row.rows:,} rows)")
            for column in of_table.itertuples():
                parts.pair(f"· {column.column}", column.comment)
