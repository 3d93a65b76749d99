"""Machine settings: what must be known before the data folder is opened. Everything else lives in the catalogue.

They come from `watchglass.toml` and are overruled by options of the command line.
"""

import dataclasses
import itertools
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from watchglass.base.errors import MissingInputError, UsageError
from watchglass.model.camera import MOST_DAYS

FILE_NAME = "watchglass.toml"
GIB = 1024**3


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What a machine needs. `watchers` None is one a core, `detector_threads` None one for two cores; `max_view_bytes` and
    `max_original_bytes` None is no limit but the disk's. What is younger than `min_days` is not deleted for want of space.

    `proxy` is the origin under which a reverse proxy before us is reached (`https://cams.example.org`); `tls` None
    means TLS wherever the console can be reached from elsewhere and no proxy does it; `host_names` are names of this
    machine that browsers may use; `metrics_token_file` holds what a program shows to read /metrics. `disks` are folders for
    footage, each on a further disk.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    proxy: str | None = None
    tls: bool | None = None
    host_names: tuple[str, ...] = ()
    watchers: int | None = None
    detector_threads: int | None = None
    retention_days: float = 30.0
    max_view_bytes: int | None = None
    original_days: float = 30.0
    max_original_bytes: int | None = None
    min_free_bytes: int = 2 * GIB
    assets: Path | None = None
    metrics_token_file: Path | None = None
    min_days: float = 0.0
    disks: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what makes no sense, with a sentence. UsageError."""
        if not 0 <= self.port <= 65535:
            raise UsageError(f"The port must be a number from 1 to 65535 (or 0 for any that is free), not {self.port}.")
        if self.watchers is not None and not 1 <= self.watchers <= 256:
            raise UsageError(f"There must be 1 to 256 watchers, not {self.watchers}.")
        if self.detector_threads is not None and not 1 <= self.detector_threads <= 64:
            raise UsageError(f"There must be 1 to 64 detector threads, not {self.detector_threads}.")
        for days in (self.retention_days, self.original_days):
            if not 0 < days <= MOST_DAYS:  # nan is neither
                raise UsageError(f"Footage must be kept for more than 0 days and at most {MOST_DAYS}, not {days:g}.")
        for name in ("max_view_bytes", "max_original_bytes"):
            most = getattr(self, name)
            if most is not None and most < GIB:
                raise UsageError(f"{name} must be at least {GIB} (1 GiB), not {most}.")
        if not 0 <= self.min_days <= min(self.retention_days, self.original_days):
            raise UsageError(
                f"min_days must be from 0 to retention_days and original_days, not {self.min_days:g}: what is older than "
                "these is deleted in any case."
            )
        if self.min_free_bytes < 0:
            raise UsageError(f"min_free_bytes cannot be negative, and is {self.min_free_bytes}.")
        places = [self.data.expanduser().absolute(), *self.disks] if self.disks else []
        for one, other in itertools.permutations(places, 2):
            if one.is_relative_to(other):
                raise UsageError(f"Each of disks must be a folder of its own, and {one} lies in {other}.")

    def overruled(self, **options: Any) -> "Settings":
        """The same with what the command line said; an option that is None was not given."""
        return dataclasses.replace(self, **{name: value for name, value in options.items() if value is not None})

    def to_json(self) -> str:
        """Settings as text, for a process that must have the same."""
        return json.dumps(dataclasses.asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """What `to_json` wrote."""
        values = json.loads(text)
        values["data"] = Path(values["data"])
        for name in ("assets", "metrics_token_file"):
            values[name] = Path(values[name]) if values[name] else None
        values["host_names"] = tuple(values["host_names"])
        values["disks"] = tuple(map(Path, values["disks"]))
        return cls(**values)


_PATHS = frozenset({"data", "assets", "metrics_token_file"})
_KINDS: dict[str, tuple[type, ...]] = {
    "data": (str,),
    "host": (str,),
    "port": (int,),
    "proxy": (str,),
    "tls": (bool,),
    "host_names": (list,),
    "watchers": (int,),
    "detector_threads": (int,),
    "retention_days": (int, float),
    "max_view_bytes": (int,),
    "original_days": (int, float),
    "max_original_bytes": (int,),
    "min_free_bytes": (int,),
    "min_days": (int, float),
    "assets": (str,),
    "metrics_token_file": (str,),
    "disks": (list,),
}
_WORDS = {
    str: "text in quotes",
    bool: "true or false",
    list: "a list of texts in quotes",
    int: "a whole number",
    float: "a number",
}


def default_data(environment: Mapping[str, str], name: str = "watchglass") -> Path:
    """Where data lies unless told otherwise (XDG base directories)."""
    home = Path(environment.get("HOME") or "~").expanduser()
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / name


def load(file: Path | None, data: Path) -> Settings:
    """Settings from `file`; `data` is the data folder where the file names none.

    Without `file`, `watchglass.toml` in the data folder is read if it is there. MissingInputError when `file` is
    not there; UsageError that names the key that is unknown or holds the wrong thing.
    """
    if file is None:
        file = data / FILE_NAME
        if not file.is_file():
            return Settings(data)
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingInputError(f"The settings file {file} does not exist.") from error
    except OSError as error:
        raise MissingInputError(f"The settings file {file} cannot be read ({error.strerror}).") from error
    except RecursionError as error:
        raise UsageError(f"The settings file {file} has brackets in brackets, too many to be read.") from error
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise UsageError(f"The settings file {file} is not TOML: {error}.") from error
    return Settings(**{"data": data, **_checked(values, file)})


def _checked(values: Mapping[str, object], file: Path) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for key, value in values.items():
        kinds = _KINDS.get(key)
        if kinds is None:
            known = ", ".join(sorted(_KINDS))
            raise UsageError(f"The settings file {file} has a key {key!r} that means nothing here. Known are: {known}.")
        if not _fits(value, kinds):
            raise UsageError(f"In the settings file {file}, {key} must be {_WORDS[kinds[-1]]}, not {value!r}.")
        checked[key] = _path(str(value), key, file) if key in _PATHS else value
    if "host_names" in checked:
        checked["host_names"] = tuple(checked["host_names"])
    if "disks" in checked:
        checked["disks"] = tuple(_path(place, "disks", file) for place in checked["disks"])
    return checked


def _path(text: str, key: str, file: Path) -> Path:
    """A path is meant from where the file lies, not from where somebody happened to stand."""
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"In the settings file {file}, {key} names the home of a user who is not there.") from error
    if "\0" in text:
        raise UsageError(f"In the settings file {file}, {key} has a character that no path can have.")
    return file.absolute().parent / path


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, list):
        return list in kinds and all(isinstance(entry, str) for entry in value)
    # To Python a bool is an int; to a person who writes `port = true` it is not.
    return isinstance(value, kinds) and isinstance(value, bool) == (bool in kinds)
