"""What a notebook gets: a catalog that answers questions, each answer a small frozen value."""
