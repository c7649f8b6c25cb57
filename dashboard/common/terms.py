"""What terms mean: the comments of the schema, shown where a term appears."""

from catalog.store import glossary


def term(name: str) -> str:
    """What a table or column of the schema means, such as dimension_sign.kappa."""
    return glossary.comments().get(name, "")
