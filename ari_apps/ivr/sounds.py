"""Which sounds Asterisk has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol


class Sounds(Protocol):
    """Know which sounds Asterisk has."""

    def has(self, name: str, language: str) -> bool:
        """Tell whether a sound of this name can be played in this language."""
        ...


class SoundFolders:
    """Look for sounds where Asterisk does: `LANGUAGE/name.*`, then `name.*`, in its folder of sounds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: set[tuple[str, str]] = set()

    def has(self, name: str, language: str) -> bool:
        """Tell whether a file of this name exists with any suffix; a file that was there stays believed."""
        if (name, language) not in self._found and any(map(_exists, self._candidates(name, language))):
            self._found.add((name, language))
        return (name, language) in self._found

    def _candidates(self, name: str, language: str) -> Iterable[Path]:
        if name.startswith("/"):
            return (Path(name),)
        places = dict.fromkeys((language, language.partition("_")[0], ""))
        return (self._folder / place / name for place in places)


def _exists(stem: Path) -> bool:
    try:
        return any(file.name.startswith(stem.name + ".") for file in stem.parent.iterdir())
    except OSError:
        return False


class AnySound:
    """Believe that every sound exists, where Asterisk's folder cannot be seen."""

    def has(self, name: str, language: str) -> bool:
        """Tell that it does."""
        return True
