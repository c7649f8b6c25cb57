"""Rows of the findings tables, gathered before they are written."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """Rows of the findings tables, by table and column."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Append a row."""
        self.tables.setdefault(table, []).append(row)

    def join(self, other: "Findings") -> None:
        """Append all rows of `other`."""
        for table, rows in other.tables.items():
            self.tables.setdefault(table, []).extend(rows)
