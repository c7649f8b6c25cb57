"""Every read of images and sounds: where they came from, previews, players, patch signs.

Catalogs of text have these tables too, empty.
"""

from catalog.store.reading import Query


def source() -> Query:
    """The columns of `media_source`: one row, or none for text."""
    return Query("SELECT * FROM media_source")


def skipped() -> Query:
    """Files that were left out, with the reason."""
    return Query("SELECT path, reason FROM media_skipped ORDER BY path")


def classes() -> Query:
    """Classes with their superclass and number of items, by name."""
    return Query(
        """
        SELECT label, superclass, count(*) AS items FROM media
        WHERE label IS NOT NULL GROUP BY ALL ORDER BY label, superclass
        """
    )


def every() -> Query:
    """The columns of `media`, all items in order."""
    return Query("SELECT * FROM media ORDER BY item")


def some(items: tuple[int, ...]) -> Query:
    """The columns of `media` of some items, in order of their numbers."""
    return Query("SELECT * FROM media WHERE item IN (SELECT unnest(?)) ORDER BY item", (items,))


def previews(items: tuple[int, ...]) -> Query:
    """item and image (WebP) of some items, with label, seconds and path, by number."""
    return Query(
        """
        SELECT item, image, label, superclass, seconds, path
        FROM media_preview JOIN media USING (item)
        WHERE item IN (SELECT unnest(?)) ORDER BY item
        """,
        (items,),
    )


def sound(item: int) -> Query:
    """The player's bytes of one item: sound (OGG), or no row where it is no sound."""
    return Query("SELECT sound FROM media_preview WHERE item = ? AND sound IS NOT NULL", (item,))


def patch_sites() -> Query:
    """Sites whose patch signs are kept."""
    return Query(
        "SELECT DISTINCT site, position FROM patch_signs JOIN site USING (site) ORDER BY position"
    )


def patch_signs(site: str, items: tuple[int, ...]) -> Query:
    """item and bits of the patches of some items; see `catalog.browse.originals.patches`."""
    return Query(
        """
        SELECT item, bits FROM patch_signs
        WHERE site = ? AND item IN (SELECT unnest(?)) ORDER BY item
        """,
        (site, items),
    )


def find(wanted: str, limit: int = 50) -> Query:
    """Items whose path, class or superclass contains `wanted`, or of that number.

    The number itself first, then whole classes, then the rest, by number. Columns: item, text,
    token, kind, family, label.
    """
    return Query(
        """
        WITH asked AS (SELECT lower(?) AS q)
        SELECT item, text, token, kind, family, label
        FROM item JOIN media USING (item), asked
        WHERE contains(lower(path), q) OR contains(lower(coalesce(label, '')), q)
          OR lower(coalesce(superclass, '')) = q OR item = try_cast(ltrim(q, '#') AS INTEGER)
        ORDER BY coalesce(item = try_cast(ltrim(q, '#') AS INTEGER), false) DESC,
          coalesce(lower(label) = q, false) DESC, item
        LIMIT ?
        """,
        (wanted.strip(), limit),
    )


def of_class(label: str) -> Query:
    """Items of a class, one of each family, by number: item."""
    return Query(
        "SELECT DISTINCT family AS item FROM media JOIN item USING (item) WHERE label = ? "
        "ORDER BY item",
        (label,),
    )


def files() -> Query:
    """item and hash of every file that is not a copy of another, in order."""
    return Query("SELECT item, sha256 FROM media WHERE duplicate_of IS NULL ORDER BY item")
