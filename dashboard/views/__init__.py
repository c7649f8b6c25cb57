"""A file a page: choose, fetch, draw. Listed in dashboard/app.py."""
