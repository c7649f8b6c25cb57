"""Long work asked for on a page: a queue of `dims` commands that outlives page and server."""
