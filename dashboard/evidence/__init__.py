"""The Evidence page: the claims of the paper, tested."""
