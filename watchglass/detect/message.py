"""What a watcher and the detector's process say to each other (`watchglass/base/wire.py`).

| `type` | from | head | payload |
|---|---|---|---|
| `detector` | the detector, first | `name`, `protection`, `model_hash`, `whole`, `close`, `enlarge`, `note` | - |
| `look` | a watcher | `camera`, `kind` (`whole`, `close`), `ask` (a number), `width` | the picture, I420 |
| `found` | the detector | `camera`, `kind`, `ask`, `load` (0 to 1) | detections: float32 of left, top, right, bottom, class, score |
| `failed` | the detector | `camera`, `kind`, `ask`, `load` | - |

Boxes are pixels of the picture. A class is a place in `ObjectClass`.
"""

import dataclasses
import enum

import numpy as np

from watchglass.base.wire import Head, Message, TornMessageError
from watchglass.detect.picture import Picture, Sides
from watchglass.model.camera import Protection
from watchglass.model.vision import Box, Detection, ObjectClass

_CLASSES = tuple(ObjectClass)
_ROW = 6


class Kind(enum.StrEnum):
    """A look at a whole frame, or at a part of one."""

    WHOLE = "whole"
    CLOSE = "close"


@dataclasses.dataclass(frozen=True, slots=True)
class Introduction:
    """What a detector says of itself. `note` is a sentence on what is wrong with it, empty where all is well."""

    name: str
    protection: Protection
    model_hash: str
    sides: Sides
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class LookRequest:
    """A picture to look at. `ask` is the asker's own number for it."""

    camera: int
    kind: Kind
    ask: int
    picture: Picture = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """What was found on a picture; None where the detector failed on it. `load` is how busy the detector is, 0 to 1."""

    camera: int
    kind: Kind
    ask: int
    load: float
    found: list[Detection] | None


def introduction_to_wire(introduction: Introduction) -> Head:
    """The first message of a detector."""
    sides = introduction.sides
    return {
        "type": "detector",
        "name": introduction.name,
        "protection": str(introduction.protection),
        "model_hash": introduction.model_hash,
        "whole": sides.whole,
        "close": sides.close,
        "enlarge": sides.enlarge,
        "note": introduction.note,
    }


def introduction_from_wire(head: Head) -> Introduction:
    """The reverse of `introduction_to_wire`. TornMessageError if it is something else."""
    try:
        if head["type"] != "detector":
            raise TornMessageError("the detector did not say what it is")
        sides = Sides(int(head["whole"]), int(head["close"]), enlarge=bool(head["enlarge"]))
        return Introduction(
            str(head["name"]), Protection(head["protection"]), str(head["model_hash"]), sides, str(head["note"])
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TornMessageError("the detector does not say what it is") from error


def request_to_wire(request: LookRequest) -> Message:
    """A request as head and payload."""
    head = {
        "type": "look",
        "camera": request.camera,
        "kind": str(request.kind),
        "ask": request.ask,
        "width": request.picture.shape[1],
    }
    return head, request.picture.tobytes()


def request_from_wire(head: Head, payload: bytes) -> LookRequest:
    """The reverse of `request_to_wire`. TornMessageError if it is no picture."""
    try:
        if head["type"] != "look":
            raise TornMessageError("a watcher asked for something else than a look")
        width = int(head["width"])
        rows = len(payload) // width
        if width % 2 or rows % 3 or rows == 0 or rows * width != len(payload):
            raise TornMessageError("what a watcher sent is no picture")
        picture = np.frombuffer(payload, np.uint8).reshape(rows, width)
        return LookRequest(int(head["camera"]), Kind(head["kind"]), int(head["ask"]), picture)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise TornMessageError("what a watcher sent is no look") from error


def reply_to_wire(reply: Reply) -> Message:
    """A reply as head and payload."""
    head = {"camera": reply.camera, "kind": str(reply.kind), "ask": reply.ask, "load": round(reply.load, 3)}
    if reply.found is None:
        return {"type": "failed", **head}, b""
    rows = [
        (one.box.left, one.box.top, one.box.right, one.box.bottom, _CLASSES.index(one.label), one.score)
        for one in reply.found
    ]
    return {"type": "found", **head}, np.array(rows, "<f4").tobytes()


def reply_from_wire(head: Head, payload: bytes) -> Reply:
    """The reverse of `reply_to_wire`, at float32's precision. TornMessageError if it is something else."""
    try:
        if head["type"] not in {"found", "failed"}:
            raise TornMessageError("the detector sent a message of an unknown type")
        found = _found(payload) if head["type"] == "found" else None
        return Reply(int(head["camera"]), Kind(head["kind"]), int(head["ask"]), float(head["load"]), found)
    except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
        raise TornMessageError("what the detector sent is no answer") from error


def _found(payload: bytes) -> list[Detection]:
    rows = np.frombuffer(payload, "<f4").reshape(-1, _ROW).tolist()
    if any(row[4] < 0 for row in rows):  # which Python would count from the end
        raise ValueError("a class before the first")
    return [Detection(Box(*row[:4]), _CLASSES[int(row[4])], row[5]) for row in rows]
