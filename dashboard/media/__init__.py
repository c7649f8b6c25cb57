"""Images and sounds on pages: walls, players, patches drawn over them."""
