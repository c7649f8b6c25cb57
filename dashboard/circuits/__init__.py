"""The Circuits page: who writes a feature, and what ablating its writers does."""
