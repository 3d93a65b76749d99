"""Plates kept across restarts. A plate shows nobody by construction, and the folder is its owner's alone.

A file that is damaged, of another size or of a newer form is left out, and the plate is learnt anew.
"""

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.npyio import NpzFile

from watchglass.base import durable
from watchglass.redact.plate import Plate
from watchglass.redact.platebook import PlateBook

_FORM = 2

# What zipfile and numpy raise over bytes that are not what they were: RuntimeError for a version or a method of
# compression that nobody knows, MemoryError for an array that says it is larger than this machine, TokenError for an
# array's head that is no longer a Python literal.
_DAMAGED = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    RuntimeError,
    MemoryError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def save(plate: Plate, book: PlateBook, path: Path) -> None:
    """Replace the kept plates. DiskFullError or CannotWriteError if that fails; the old ones then stay."""
    arrays: dict[str, npt.NDArray[np.generic]] = {"form": np.array(_FORM)}
    for number, look in enumerate([*book.looks, plate.kept()]):  # the present one is the last
        arrays |= {f"{number}.{name}": array for name, array in look.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # numpy's stub has allow_pickle among the keywords
    try:
        durable.replace(path, buffer.getvalue())
    except OSError as error:
        raise durable.write_error(error, f"the plate {path}") from error


def load(plate: Plate, book: PlateBook, path: Path) -> bool:
    """Take up the plates kept at `path`; False if there is none that fits."""
    try:
        archive = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        if not isinstance(archive, NpzFile):  # an array by itself
            return False
        with archive as file:
            arrays = {name: file[name] for name in file.files}
    except _DAMAGED:
        return False
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):  # a file in it that is no array
        return False
    if not np.array_equal(arrays.pop("form", np.array(0)), np.array(_FORM)):
        return False
    looks = _looks(arrays)
    if not looks or not all(plate.restore(look) for look in looks):  # the last one is the present one
        plate.forget()
        return False
    book.looks[:] = looks[:-1]
    return True


def _looks(arrays: Mapping[str, npt.NDArray[np.generic]]) -> list[dict[str, npt.NDArray[np.generic]]]:
    """The arrays of each look, in order."""
    found: dict[int, dict[str, npt.NDArray[np.generic]]] = {}
    for name, array in arrays.items():
        number, _, part = name.partition(".")
        if number.isdecimal():
            found.setdefault(int(number), {})[part] = array
    return [found[number] for number in sorted(found)]
