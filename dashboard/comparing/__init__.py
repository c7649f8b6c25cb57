"""The Compare page: side by side, dimensions, layers, versions."""
