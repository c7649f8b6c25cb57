"""`dims meanings`: embed words by the installed encoder, so that the search box knows meaning."""

from catalog.commands import printing
from catalog.commands.options import Json, Quiet


def meanings(quiet: Quiet = False, as_json: Json = False) -> None:
    """Embed every word that search by meaning may need, once; the table lies in the cache."""
    from catalog.model import encoder

    with printing.progress(quiet) as report:
        words = encoder.make_table(report)
    if as_json:
        printing.as_json({"encoder": encoder.NAME, "words": words})
        return
    print(f"{words:,} words are embedded: the search box finds by meaning with them.")
