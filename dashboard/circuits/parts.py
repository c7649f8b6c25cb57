"""Parts that show neurons: which ones write a dimension."""

import streamlit as st

from dashboard.circuits import frames as writer_frames
from dashboard.common import parts, terms
from dashboard.common.answers import Here


def of_dimension_panel(here: Here, number: int) -> None:
    """Neurons that write most to a dimension, where the catalog holds them; nothing elsewhere."""
    answer = writer_frames.of_dimension(here, number)
    if answer is None:
        return
    with parts.panel("Neurons that write it", answer, terms.term("dimension_writer")):
        column = st.column_config.NumberColumn
        parts.table(
            answer.frame.head(12),
            height="content",
            column_config={
                "layer": column("block", format="%d", help=terms.term("dimension_writer.layer")),
                "neuron": column("neuron", format="%d", help=terms.term("dimension_writer.neuron")),
                "weight": column(
                    "weight", format="%+.3f", help=terms.term("dimension_writer.weight")
                ),
                "times_rms": column(
                    "× rms", format="%.1f", help=terms.term("dimension_writer.times_rms")
                ),
            },
        )
        st.caption("The three largest weights of each block before this site.")
