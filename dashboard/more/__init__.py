"""SQL, glossary, status."""
