"""Share a catalog: exports in others' formats, reports, static sites, the hub."""
