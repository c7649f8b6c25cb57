"""What pages, commands and notebooks look up: neighbours, searches, descriptions, originals."""
