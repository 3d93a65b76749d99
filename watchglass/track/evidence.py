"""Person evidence wins over every other class (rule R1): riders, drivers, somebody who is called a dog."""

import dataclasses
from collections.abc import Callable, Iterable

from watchglass.model.vision import Box, Detection, ObjectClass

SURE = 0.25
"""Score that a faint person gets who is on or in something else: enough for a track of its own."""

_ON = 0.1  # IoU from which a person belongs to a thing


def with_people_found(detections: Iterable[Detection], is_new: Callable[[Box], bool]) -> list[Detection]:
    """The detections of one look, faint persons on or in other things made sure.

    Only where something `is_new` in the scene: parked cars now and then look a little like people, too.
    """
    found = list(detections)
    others = [one.box for one in found if one.label is not ObjectClass.PERSON]
    return [
        dataclasses.replace(one, score=SURE)
        if one.label is ObjectClass.PERSON and one.score < SURE and _belongs(one.box, others) and is_new(one.box)
        else one
        for one in found
    ]


def _belongs(person: Box, others: Iterable[Box]) -> bool:
    across, down = (person.left + person.right) / 2, (person.top + person.bottom) / 2
    return any(
        person.overlap(other) > _ON or (other.left < across < other.right and other.top < down < other.bottom)
        for other in others
    )
