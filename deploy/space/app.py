"""A Space: fetch one published catalog, then show it read-only to everybody.

`DIMS_CATALOG_LINK` names it (hf://user/name); `SPACE_HOST` is set by the hub, `PORT` is 7860 there.
"""

import os
import sys

from catalog.commands.serve import start
from catalog.errors import CatalogError
from catalog.sharing import hub
from catalog.sharing.serving import Serving


def main() -> int:
    """Serve until stopped; 1 with one sentence where there is nothing to show."""
    link = os.environ.get("DIMS_CATALOG_LINK", "")
    try:
        path = hub.fetch(link, lambda stage, done, of: print(stage, done or "", flush=True))
        asked = Serving(
            address="0.0.0.0",
            port=int(os.environ.get("PORT", "7860")),
            sign_in="read-only",
            hosts=(os.environ.get("SPACE_HOST", "localhost"),),
        )
        return start(asked, browser=False, opens=path.stem)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
