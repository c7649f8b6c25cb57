"""Numbers that pages share."""

PAGE = 50
"""Rows of a page of dimensions."""
PARTNERS = 20
"""Most dependent dimensions shown."""
NEIGHBOURS = 24
"""Nearest items shown."""
RAREST = 20
"""Rarest signs of an item shown."""
MATCHES = 50
"""Items a search returns."""
WARN_DEGENERATE = 0.25
"""Share of degenerate dimensions of a site above which pages warn."""
CACHED = 512
"""Frames kept per query function."""
