"""What every table and column means, from the catalog's own comments."""

import streamlit as st

from dashboard import frames, parts, rail

here = rail.here()
parts.breadcrumb(here.slug, "words of the catalog, as they stand in the file")
wanted = st.text_input("Find", key="glossary.wanted", placeholder="stability").strip().lower()
tables, columns = frames.tables(here.path), frames.columns(here.path)
found = columns.frame
if wanted:
    text = found.column.str.lower() + " " + found.comment.fillna("").str.lower()
    found = found[text.str.contains(wanted, regex=False)]
with parts.panel("Columns", frames.Answer(found, columns.copy, "sql")):
    parts.table(
        found,
        height=460,
        column_config={"comment": st.column_config.TextColumn(width="large")},
    )
with parts.panel("Tables", tables):
    parts.table(tables.frame, column_config={"comment": st.column_config.TextColumn(width="large")})
