"""Read a text: which features fire at each token, and which signs context changes."""
