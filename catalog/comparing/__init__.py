"""Compare two catalogs: shared items, matching dimensions, categories, layers, versions."""
