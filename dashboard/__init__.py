"""The dashboard over catalogs: pages that choose, fetch and draw."""
