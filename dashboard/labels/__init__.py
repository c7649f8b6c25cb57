"""What people call a dimension or a feature, shown and written on its page."""
