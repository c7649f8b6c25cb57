"""The frame around every page: links, rail, search box, who works here, keys, presenting."""
