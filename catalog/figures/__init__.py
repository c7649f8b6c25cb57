"""Figures: frames in, Plotly or Altair out. Pages, notebooks and reports share them."""
