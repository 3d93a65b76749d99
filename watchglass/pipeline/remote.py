"""Looks at the detector's process: the small picture is made here, the frame stays, and nobody waits for the answer."""

import dataclasses
from collections.abc import Iterator
from typing import Protocol

from watchglass.detect.client import DetectorClient
from watchglass.detect.closer import likeliest, part
from watchglass.detect.message import Kind
from watchglass.detect.picture import Picture, picture, size
from watchglass.model.camera import Protection
from watchglass.model.frame import RawFrame
from watchglass.model.vision import Box
from watchglass.pipeline.sight import CloseAnswer, Looks, WholeAnswer

_KEPT = 8  # questions of a camera that may still be answered: two wait and one is worked on, what is older was replaced


class LookSource(Protocol):
    """Where the cameras of a watcher have their looks from."""

    @property
    def protection(self) -> Protection:
        """Of the detector that answers, or answered last; `REDUCED` while none has."""

    @property
    def trouble(self) -> str:
        """Why no answers come, as the end of a sentence; empty while they do."""

    def looks(self, camera: int) -> Looks:
        """Looks for a camera; those it had before are not answered any more."""


class RemoteDetector:
    """The detector's process as a source of looks."""

    def __init__(self, client: DetectorClient) -> None:
        self._client = client

    @property
    def protection(self) -> Protection:
        return _protection(self._client)

    @property
    def trouble(self) -> str:
        return self._client.trouble

    def looks(self, camera: int) -> Looks:
        return RemoteLooks(self._client, camera)


def _protection(client: DetectorClient) -> Protection:
    introduction = client.introduction
    return introduction.protection if introduction else Protection.REDUCED


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    """A question: what is needed to make something of its answer. The frame is not."""

    time: float
    across: float  # pixels of the frame, or of the part of it, in one of the picture
    down: float
    place: Box | None = None  # in the frame
    inside: Box | None = None  # the same in the part


class RemoteLooks(Looks):
    """One camera's looks at the detector's process."""

    def __init__(self, client: DetectorClient, camera: int) -> None:
        self._client = client
        self._line = client.line(camera)
        self._asked: dict[int, _Asked] = {}

    @property
    def protection(self) -> Protection:
        return _protection(self._client)

    def ask(self, frame: RawFrame, time: float) -> None:
        if (introduction := self._client.introduction) is not None:
            sides = introduction.sides
            made = picture(frame, sides.whole, enlarge=sides.enlarge)
            self._put(Kind.WHOLE, made, _Asked(time, *_factors(frame, made)))

    def ask_closer(self, frame: RawFrame, time: float, place: Box) -> None:
        if (introduction := self._client.introduction) is not None:
            cut, left, top = part(frame, place)
            sides = introduction.sides
            made = picture(cut, sides.close, enlarge=sides.enlarge)
            self._put(Kind.CLOSE, made, _Asked(time, *_factors(cut, made), place, place.moved(-left, -top)))

    def answers(self) -> Iterator[WholeAnswer | CloseAnswer]:
        for reply in self._line.replies():
            asked = self._asked.pop(reply.ask, None)
            if asked is None or reply.found is None:  # forgotten, or the detector failed: as if it had not answered
                continue
            found = [dataclasses.replace(one, box=one.box.scaled(asked.across, asked.down)) for one in reply.found]
            if asked.place is None or asked.inside is None:
                yield WholeAnswer(asked.time, found)
            else:
                yield CloseAnswer(asked.time, asked.place, likeliest(found, asked.inside))

    def forget(self) -> None:
        self._asked.clear()

    @property
    def load(self) -> float:
        return self._client.load

    def _put(self, kind: Kind, made: Picture, asked: _Asked) -> None:
        self._asked[self._line.ask(kind, made)] = asked
        while len(self._asked) > _KEPT:
            del self._asked[next(iter(self._asked))]


def _factors(frame: RawFrame, made: Picture) -> tuple[float, float]:
    across, down = size(made)
    return frame.width / across, frame.height / down
