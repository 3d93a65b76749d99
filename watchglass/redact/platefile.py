"""Plates kept across restarts. A plate shows nobody by construction, and the folder is its owner's alone.

A file that is damaged, of another size or of a newer form is left out, and the plate is learnt anew.
"""

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from watchglass.base import durable
from watchglass.redact.plate import Plate

_FORM = 1

# What zipfile and numpy raise over bytes that are not what they were: RuntimeError for a version or a method of
# compression that nobody knows, MemoryError for an array that says it is larger than this machine.
_DAMAGED = (OSError, ValueError, EOFError, KeyError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


def save(plate: Plate, path: Path) -> None:
    """Replace the kept plate. DiskFullError or CannotWriteError if that fails; the old one then stays."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, form=np.array(_FORM), **plate.kept())  # type: ignore[arg-type]  # numpy's stub has allow_pickle among the keywords
    try:
        durable.replace(path, buffer.getvalue())
    except OSError as error:
        raise durable.write_error(error, f"the plate {path}") from error


def load(plate: Plate, path: Path) -> bool:
    """Take up the plate kept at `path`; False if there is none that fits."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except _DAMAGED:
        return False
    return np.array_equal(arrays.pop("form", np.array(0)), np.array(_FORM)) and plate.restore(arrays)
