"""Catalogs of the same weights that lie beside one: of single tokens, of tokens in context."""

from catalog.errors import CatalogError, NotInCatalog
from catalog.store.catalog import Catalog


def single(catalog: Catalog) -> Catalog | None:
    """The catalog of the same model's single tokens, beside this one; None where there is none.

    That of the model's own name first, then the first by name.
    """
    usual = str(catalog.build["model"]).split("/")[-1].lower()
    return _beside(catalog, usual, contextual=False)


def beside(context: Catalog) -> Catalog:
    """That of `single`; NotInCatalog where none lies beside a catalog of tokens in context."""
    found = single(context)
    if found is None:
        raise NotInCatalog(
            f"No catalog of the model's single tokens lies beside {context.slug}. Build it with: "
            f"dims build {context.build['model']}"
        )
    return found


def two_readings(one: Catalog, other: Catalog) -> bool:
    """Whether these are one model's tokens in context and its single tokens."""
    same = one.build["weights_hash"] == other.build["weights_hash"]
    return bool(same and one.contextual != other.contextual)


def in_texts(catalog: Catalog) -> Catalog | None:
    """The catalog of the same model's tokens in context, beside this one; None where there is none.

    That which a demo makes first (its name ends in -context), then the first by name.
    """
    return _beside(catalog, f"{catalog.slug}-context", contextual=True)


def _beside(catalog: Catalog, usual: str, contextual: bool) -> Catalog | None:
    own = catalog.build
    listed = sorted(catalog.path.parent.glob("*.duckdb"))
    for path in sorted(listed, key=lambda one: one.stem != usual):
        if path == catalog.path:
            continue
        try:
            one = Catalog(path)
            same = one.build["weights_hash"] == own["weights_hash"]
            if same and one.modality == "text" and one.contextual == contextual:
                return one
        except CatalogError:
            continue  # another program's file, or one being written
    return None
