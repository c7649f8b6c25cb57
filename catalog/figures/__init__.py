"""Figures: frames in, SVG or Plotly out. Pages, notebooks and reports share them."""
