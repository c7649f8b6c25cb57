"""Where a model lies: what a person may name it by, and what transformers is then given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import places
from catalog.errors import ModelUnavailable

GGUF = ".gguf"


@dataclass(frozen=True)
class Source:
    """A model's place."""

    name: str
    """Hub id, name of a model that ships or is installed, or name of a folder or file."""
    place: str
    """Folder or hub id."""
    revision: str | None = None
    """Branch, tag or commit on the hub; None for its default, and for folders."""
    file: str | None = None
    """The one file of it that holds config, tokenizer and weights (GGUF); None for a folder's."""

    @property
    def given(self) -> dict[str, Any]:
        """What every `from_pretrained` gets beside the place."""
        named = {} if self.file is None else {"gguf_file": self.file}
        return {"revision": self.revision, **named}

    @property
    def told(self) -> str:
        """The place as a person may name it again."""
        if self.file is None:
            return self.place
        folder = Path(self.place)
        return str(folder / self.file) if folder.is_dir() else f"{self.place}:{self.file}"


def of(model: str, revision: str | None = None) -> Source:
    """Where a model lies that a person names.

    A model that ships or comes as an installed package, by name; a folder of save_pretrained; a
    GGUF file, or a folder that holds one; a hub id, with `@revision` or `:file.gguf` where wanted.
    Raises ModelUnavailable with what to do.
    """
    shipped, packaged = places.shipped_models(), places.PACKAGED.get(model)
    if model in shipped:
        return Source(model, str(shipped[model].resolve()))
    path = Path(model)
    if packaged is not None and not path.exists():
        place = packaged.place()
        return _file(place, model) if place.is_file() else Source(model, str(place))
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _file(path, path.stem)
    return _of_hub(model, revision)


def _of_hub(model: str, revision: str | None) -> Source:
    """A hub id with what may follow it."""
    named, _, file = model.partition(":") if model.endswith(GGUF) else (model, "", "")
    named, at, wanted = named.partition("@")
    if at and revision is not None and wanted != revision:
        raise ModelUnavailable(
            f"{model} and --revision {revision} name two revisions. Give one of them."
        )
    name = f"{named}:{file.removesuffix(GGUF)}" if file else named
    return Source(name, named, wanted or revision, file or None)


def _folder(path: Path) -> Source:
    """A folder of weights with a config, of an adapter, or of one GGUF file."""
    files = sorted(path.glob(f"*{GGUF}"))
    if (path / "config.json").is_file() and not _weighed(path) and len(files) == 1:
        return _file(files[0], path.resolve().name)
    if any((path / name).is_file() for name in ("config.json", "adapter_config.json")):
        return Source(path.resolve().name, str(path.resolve()))
    if len(files) == 1:
        return _file(files[0], path.resolve().name)
    if files:
        named = ", ".join(one.name for one in files[:8])
        raise ModelUnavailable(f"{path} holds {len(files)} GGUF files. Name one of them: {named}.")
    raise ModelUnavailable(
        f"{path} has no config.json. Give a folder that save_pretrained wrote, or a GGUF file."
    )


def _file(path: Path, name: str) -> Source:
    """A file that is a whole model."""
    if path.suffix == GGUF:
        return Source(name, str(path.resolve().parent), file=path.name)
    raise ModelUnavailable(
        f"{path.name} is a file of weights alone. Name its folder instead, which also has the "
        f"config and the tokenizer: {path.resolve().parent}"
    )


def _weighed(path: Path) -> bool:
    return any(path.glob("*.safetensors")) or any(path.glob("*.bin"))
