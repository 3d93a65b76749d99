"""Censuses of cameras that somebody published to this console: a JSON file each, in the data folder's `censuses/`.

They come from `watchglass census measure --publish`, and are read by a console in which the census's own libraries need not be
installed. Who writes one anew replaces it whole.
"""

import re
from pathlib import Path
from typing import Final

from watchglass.base import durable
from watchglass.base.errors import MissingInputError, UsageError
from watchglass.store.folder import DataFolder

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_END: Final = ".json"


def check_name(name: str) -> None:
    """UsageError if no census can be called that."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"A census cannot be called {name!r}: take lower-case letters, digits and hyphens, at most 64, "
            "such as riverside-2026."
        )


class Censuses:
    """The censuses of one data folder."""

    def __init__(self, folder: DataFolder) -> None:
        self._root = folder.root / "censuses"

    def keep(self, name: str, document: bytes) -> None:
        """Keep a census under a name: lower-case letters, digits and hyphens, 64 at most. UsageError if it is another.

        Whoever reads meanwhile gets the old one or the new one, never a part.
        """
        check_name(name)
        try:
            durable.make_folders(self._root)
            durable.replace(self._path(name), document)
        except OSError as error:
            raise durable.write_error(error, f"the census {name}") from error

    def names(self) -> list[str]:
        """The names of all censuses, in order."""
        if not self._root.is_dir():
            return []
        found = (path.name.removesuffix(_END) for path in self._root.iterdir() if path.name.endswith(_END))
        return sorted(name for name in found if _NAME.fullmatch(name))

    def read(self, name: str) -> bytes:
        """A census as it was kept. MissingInputError if there is none of that name."""
        # A name that could not have been kept is asked of no file system: it may hold "..".
        if _NAME.fullmatch(name):
            try:
                return self._path(name).read_bytes()
            except FileNotFoundError:
                pass
        raise MissingInputError(f"There is no census {name!r} here.")

    def _path(self, name: str) -> Path:
        return self._root / f"{name}{_END}"
