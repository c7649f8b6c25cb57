"""A Hugging Face dataset as `save_to_disk` leaves it, read with pyarrow alone.

Columns: the items (`image` or `audio`: bytes and path) and, where there is one, `label`.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from catalog.errors import MediaUnreadable, SettingRefused, listed

_INFO, _SPLITS = "dataset_info.json", "dataset_dict.json"


def is_dataset(folder: Path) -> bool:
    """Whether a folder was written by `save_to_disk`."""
    return (folder / _SPLITS).is_file() or (folder / _INFO).is_file()


@dataclass(frozen=True)
class Dataset:
    """All splits of a saved dataset; an item's path is `<split>/<file>#<row>.<ending>`."""

    folder: Path
    tables: dict[str, pa.Table]
    """By `<split>/<file>`; mapped from disk, not read into memory."""
    features: dict[str, Any]

    @classmethod
    def at(cls, folder: Path) -> "Dataset":
        """Map the files of a dataset. Raises SettingRefused where they are not readable."""
        splits = [folder]
        if (folder / _SPLITS).is_file():
            names = json.loads((folder / _SPLITS).read_text())["splits"]
            splits = [folder / name for name in names]
        try:
            features = json.loads((splits[0] / _INFO).read_text())["features"]
            tables = {
                file.relative_to(folder).as_posix(): pa.ipc.open_stream(
                    pa.memory_map(str(file))
                ).read_all()
                for split in splits
                for file in sorted(split.glob("*.arrow"))
            }
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise SettingRefused(
                f"{folder} looks like a saved dataset but cannot be read: "
                f"{str(error).splitlines()[0][:120]} Save it again with save_to_disk."
            ) from error
        return cls(folder, tables, features)

    def rows(self, column: str) -> Iterator[tuple[str, str | None]]:
        """(path, label) of every row; `column` is image or audio."""
        if column not in self.features:
            raise SettingRefused(
                f"{self.folder} has the columns {listed(self.features)}; this model needs one "
                f"called {column}. Rename it with rename_column and save again."
            )
        names = self.features.get("label", {}).get("names")
        for file, table in self.tables.items():
            labels = table.column("label").to_pylist() if "label" in self.features else None
            for row in range(table.num_rows):
                label = None if labels is None or labels[row] is None else labels[row]
                named = names[label] if names and isinstance(label, int) else label
                yield f"{file}#{row}.{column}", None if named is None else str(named)

    def open(self, path: str) -> BinaryIO:
        """The bytes of one row, held in the dataset itself."""
        file, _, place = path.partition("#")
        row, _, column = place.partition(".")
        table = self.tables.get(file)
        if table is None or not row.isdigit() or int(row) >= table.num_rows:
            raise MediaUnreadable(f"{self.folder} has no item {path}.")
        held = table.column(column)[int(row)].as_py()["bytes"]
        if held is None:
            raise MediaUnreadable(
                f"{path} is only a reference to a file elsewhere. Save the dataset with its files "
                "embedded."
            )
        return io.BytesIO(held)
