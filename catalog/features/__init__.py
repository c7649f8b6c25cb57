"""Features read from signs: categories, pools, nulls, concepts, discovery."""
