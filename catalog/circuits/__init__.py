"""Who writes a feature: coalitions, single neurons, and what ablating them does."""
