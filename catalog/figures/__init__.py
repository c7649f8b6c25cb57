"""Figures: frames in, Plotly (or Altair, where cells are clicked) out. Pages, notebooks and reports share them."""
