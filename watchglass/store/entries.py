"""Entries for the ledger: what was deleted, held, missing or changed, in canonical JSON (docs/formats/ledger-entry.md).

Each catalogue has a log of its own, written in the transaction of what an entry tells of, numbered from 1 without holes, and
never changed: the tables refuse it.
"""

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from watchglass.base.clock import WallUs
from watchglass.base.errors import BadInputError
from watchglass.model.record import Actor, Deletion, Hold, Segment
from watchglass.store.database import reading

VERSION = 1
LARGEST = 64 * 1024
"""Bytes of one entry."""

MOST_SEGMENTS = 200
"""Segments that one entry lists: with paths of 128 characters it then has at most 48 KiB."""

_GREATEST = 2**53 - 1  # what every reader of JSON can hold (RFC 8785, section 3.2.2.3)
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DEEPEST = 4

# Of each kind: its fields; those with a question mark may be missing.
_COMMON = "v log n at_us kind"
_FIELDS: Mapping[str, str] = {
    "deletion": "footage camera from_us to_us reason segments",
    "hold": "action hold camera? from_us to_us until_us reason_sha256 by through",
    "gap": "action footage camera from_us to_us? cause",
    "change": "what by? through? camera? rule? enabled? policy? hours? sound? retention_s? recipient? needed?",
}
_WORDS: Mapping[str, frozenset[str]] = {
    "log": frozenset({"catalogue", "originals"}),
    "footage": frozenset({"view", "original"}),
    "through": frozenset({"console", "command"}),
    "cause": frozenset({"camera", "network", "disk", "us", "off"}),
    "reason": frozenset(reason.value for reason in Deletion),
    "what": frozenset(
        {
            *(
                "camera added",
                "camera removed",
                "camera renamed",
                "camera enabled",
                "camera policy",
                "camera privacy hours",
                "camera sound",
                "camera credentials",
            ),
            *("custodian added", "custodian left", "custodians needed"),
            *("rule added", "rule changed", "rule removed"),
        }
    ),
}
_ACTIONS = {"hold": frozenset({"set", "extended", "released"}), "gap": frozenset({"opened", "closed"})}
_TEXTS = frozenset({"by", "hours", "policy", "recipient", "reason_sha256"})


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one way to write an object: RFC 8785 with objects, arrays, texts, true and false, and whole numbers alone.

    ValueError for anything else.
    """
    _check_value(value, 0)
    # Keys are ASCII, so code points sort as RFC 8785 wants; Python escapes exactly what it wants escaped.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse(data: bytes) -> dict[str, Any]:
    """An entry, read. BadInputError unless it is canonical and has the fields of its kind."""
    try:
        return _parsed(data)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"This is no entry of the ledger ({error}): take it from where it was written.") from error


def append(connection: sa.Connection, table: sa.Table, at: WallUs, kind: str, **fields: Any) -> int:
    """Write the next entry of a log, within a transaction that writes; its number. A field that is None is left out.

    A time beyond what JSON holds (the year 2255) is written as the last one that it does hold: a clock or a file that is
    wrong must not keep anything from being deleted.
    """
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0))).scalar_one()
    number = int(last) + 1
    said = {name: _bounded(name, value) for name, value in fields.items() if value is not None}
    entry = {"v": VERSION, "log": table.info["log"], "n": number, "at_us": _bounded("at_us", at), "kind": kind, **said}
    _check_entry(entry)
    connection.execute(sa.insert(table).values(number=number, entry=canonical(entry).decode()))
    return number


def deletions(
    connection: sa.Connection, table: sa.Table, at: WallUs, footage: str, segments: Iterable[Segment], reason: Deletion
) -> None:
    """Tell of footage that is deleted: an entry for each camera, more than one where there are many segments."""
    ordered = sorted(segments, key=lambda segment: (segment.camera, segment.start, segment.id))
    for camera, group in itertools.groupby(ordered, key=lambda segment: segment.camera):
        of_camera = list(group)
        for place in range(0, len(of_camera), MOST_SEGMENTS):
            some = of_camera[place : place + MOST_SEGMENTS]
            append(
                connection,
                table,
                at,
                "deletion",
                footage=footage,
                camera=camera,
                from_us=min(one.start for one in some),
                to_us=max(one.end for one in some),
                reason=reason.value,
                segments=[_segment(one) for one in some],
            )


def hold(
    connection: sa.Connection, table: sa.Table, at: WallUs, action: str, held: Hold, reason_sha256: str, by: Actor
) -> None:
    """Tell that a hold was set, extended or released."""
    append(
        connection,
        table,
        at,
        "hold",
        action=action,
        hold=held.id,
        camera=held.camera,
        from_us=held.start,
        to_us=held.end,
        until_us=held.until,
        reason_sha256=reason_sha256,
        by=by.name,
        through=by.through.value,
    )


def change(
    connection: sa.Connection, table: sa.Table, at: WallUs, what: str, by: Actor | None = None, **fields: Any
) -> None:
    """Tell that somebody changed something; without `by` it was watchglass itself."""
    who = {"by": by.name, "through": by.through.value} if by else {}
    append(connection, table, at, "change", what=what, **who, **fields)


def read(engine: sa.Engine, table: sa.Table, after: int = 0, limit: int = 1000) -> list[bytes]:
    """Entries of a log that follow number `after`, in order, at most `limit`."""
    query = sa.select(table.c.entry).where(table.c.number > after).order_by(table.c.number).limit(limit)
    with reading(engine) as connection:
        return [text.encode() for text in connection.execute(query).scalars()]


def _bounded(name: str, value: Any) -> Any:
    return max(-_GREATEST, min(value, _GREATEST)) if name.endswith("_us") else value


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST:
        raise ValueError(f"{len(data)} bytes")
    value = json.loads(data.decode())
    if not isinstance(value, dict) or canonical(value) != data:
        raise ValueError("not canonical")
    _check_entry(value)
    return value


def _segment(segment: Segment) -> dict[str, str]:
    return {"file": segment.path, **({"sha256": segment.sha256} if segment.sha256 else {})}


def _check_value(value: object, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ValueError(f"a key {key!r}")
            _check_value(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_value(inner, depth + 1)
    elif isinstance(value, str):
        value.encode()  # UnicodeEncodeError, which is a ValueError, for half a character
    elif isinstance(value, bool):
        pass
    elif not isinstance(value, int) or abs(value) > _GREATEST:
        raise ValueError(f"a value {value!r}")


def _check_entry(entry: Mapping[str, Any]) -> None:
    """ValueError unless it has the fields of its kind, each of its type."""
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in _FIELDS or entry.get("v") != VERSION:
        raise ValueError("of no known kind or version")
    fields = f"{_COMMON} {_FIELDS[kind]}".split()
    strange = [name for name in entry if not {name, f"{name}?"} & set(fields)]
    missing = [name for name in fields if not name.endswith("?") and name not in entry]
    if strange or missing:
        raise ValueError(f"fields {', '.join([*strange, *missing])}")
    for name, value in entry.items():
        _check_field(kind, name, value)
    if entry["n"] < 1 or entry.get("to_us", entry.get("from_us", 0)) < entry.get("from_us", 0):
        raise ValueError("its number, or its span")
    if kind == "gap" and (entry["action"] == "closed") != ("to_us" in entry):
        raise ValueError("a gap has an end when it is closed")


def _check_field(kind: str, name: str, value: object) -> None:
    words = _ACTIONS.get(kind) if name == "action" else _WORDS.get(name)
    if words is not None or name == "kind":
        fits = isinstance(value, str) and (words is None or value in words)
    elif name in _TEXTS:
        fits = isinstance(value, str) and bool(value)
    elif name in {"enabled", "sound"}:
        fits = isinstance(value, bool)
    elif name == "segments":
        fits = isinstance(value, Sequence) and 0 < len(value) <= MOST_SEGMENTS and all(map(_is_segment, value))
    else:
        fits = isinstance(value, int) and not isinstance(value, bool)
    if name == "reason_sha256":
        fits = fits and bool(_SHA256.fullmatch(str(value)))
    if not fits:
        raise ValueError(f"its field {name}")


def _is_segment(value: object) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("file"), str):
        return False
    digest = value.get("sha256")
    return set(value) <= {"file", "sha256"} and (digest is None or bool(_SHA256.fullmatch(str(digest))))
