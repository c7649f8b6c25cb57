"""The evidence table: the claims of the paper, tested on one catalog."""
