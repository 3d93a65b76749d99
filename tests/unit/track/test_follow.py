"""Following, with people whose way is known to the pixel."""

from collections.abc import Callable, Mapping

from watchglass.model.vision import Box, Detection, ObjectClass
from watchglass.track.follow import Followed, Follower, FollowOptions

WIDTH, HEIGHT, RATE = 640, 480, 10
Way = Callable[[int], Detection | None]


def person(left: float, top: float = 200, score: float = 0.9, *, height: float = 80) -> Detection:
    return Detection(Box(left, top, left + height * 0.4, top + height), ObjectClass.PERSON, score)


def follow(ways: Mapping[str, Way], frames: int, options: FollowOptions | None = None) -> list[Followed]:
    follower = Follower(WIDTH, HEIGHT, options)
    for frame in range(frames):
        follower.look(frame / RATE, [found for way in ways.values() if (found := way(frame)) is not None])
    return follower.finish()


def lefts(one: Followed) -> list[float]:
    return [look.found.box.left for look in one.sightings]


def test_who_walks_is_one_track() -> None:
    (track,) = follow({"walks": lambda frame: person(50 + 6 * frame)}, 60)
    assert [look.frame for look in track.sightings] == list(range(60))


def test_two_who_pass_each_other_keep_to_their_ways() -> None:
    ways: dict[str, Way] = {
        "right": lambda frame: person(50 + 8 * frame, 200),
        "left": lambda frame: person(530 - 8 * frame, 215),
    }
    first, second = follow(ways, 60)
    assert lefts(first) == sorted(lefts(first))
    assert lefts(second) == sorted(lefts(second), reverse=True)


def test_who_is_hidden_for_three_seconds_goes_on_as_the_same() -> None:
    (track,) = follow({"hidden": lambda frame: None if 20 <= frame < 50 else person(50 + 5 * frame)}, 80)
    assert len(track.sightings) == 50


def test_who_is_hidden_for_longer_is_somebody_new() -> None:
    tracks = follow({"hidden": lambda frame: None if 20 <= frame < 65 else person(50 + 5 * frame)}, 90)
    assert [len(track.sightings) for track in tracks] == [20, 25]


def test_a_faint_look_keeps_a_track_and_begins_none() -> None:
    (track,) = follow({"faint": lambda frame: person(50 + 5 * frame, score=0.9 if frame < 10 else 0.2)}, 40)
    assert len(track.sightings) == 40
    assert follow({"faint": lambda frame: person(50, score=0.65)}, 40) == []
    (track,) = follow({"fainter": lambda frame: person(50, score=0.9 if frame < 10 else 0.05)}, 40)
    assert len(track.sightings) == 10


def test_a_first_leap_may_be_long_where_that_is_asked_for() -> None:
    """A car on the motorway, a few frames a second: no two of its boxes touch."""

    def car(frame: int) -> Detection | None:
        return Detection(Box(60 * frame, 200, 60 * frame + 50, 230), ObjectClass.CAR, 1.0) if frame < 6 else None

    assert len(follow({"fast": car}, 8)) > 1
    (track,) = follow({"fast": car}, 8, FollowOptions(leap=3.0, speed=10.0))
    assert len(track.sightings) == 6


def test_who_left_the_picture_is_not_waited_for() -> None:
    def way(frame: int) -> Detection | None:
        left = 560 + 10 * frame
        if left < WIDTH:
            return person(left)
        return person(600) if frame > 20 else None  # somebody else comes

    tracks = follow({"leaves": way}, 40)
    assert len(tracks) == 2


def test_what_was_seen_once_is_not_waited_for_either() -> None:
    """A false find in a bush, and two seconds later somebody there."""
    ways: dict[str, Way] = {"bush": lambda frame: person(300) if frame == 0 or frame >= 20 else None}
    assert [len(track.sightings) for track in follow(ways, 40)] == [1, 20]


def test_somebody_else_of_another_size_is_not_taken_for_who_was_lost() -> None:
    def way(frame: int) -> Detection | None:
        if frame < 10:
            return person(300)
        return person(300, 200, height=170) if frame > 20 else None

    assert len(follow({"grows": way}, 40)) == 2


def test_a_lower_frame_rate_loses_nobody() -> None:
    """The same walk at two frames a second."""
    follower = Follower(WIDTH, HEIGHT)
    for frame in range(14):
        follower.look(frame / 2, [person(50 + 12 * frame)])
    (track,) = follower.finish()
    assert len(track.sightings) == 14


LIVE = (0.0, 0.4, 0.8, 1.5, 1.9, 2.6, 3.0, 3.4, 4.1, 4.5, 5.2, 5.6)
"""Looks of a live stream: as the detector finds time."""


def test_a_live_stream_is_followed_by_its_time() -> None:
    """Two walk past each other, looked at now and then: each keeps one number."""
    follower = Follower(WIDTH, HEIGHT, live=True)
    ways: dict[str, set[int]] = {"right": set(), "left": set()}
    for time in LIVE:
        right, left = person(50 + 50 * time, 150), person(400 - 50 * time, 260)
        follower.look(time, [right, left])
        for track in follower.current():
            ways["right" if track.box.top < 200 else "left"].add(track.number)
    assert [len(numbers) for numbers in ways.values()] == [1, 1]
    assert follower.finish()[0].sightings[0].found.box.left == 50 + 50 * LIVE[-1]  # what went before is forgotten


def test_live_whoever_is_gone_is_forgotten() -> None:
    follower = Follower(WIDTH, HEIGHT, live=True)
    for time in LIVE:
        follower.look(time, [person(50 + 50 * time)])
    [track] = follower.current()
    assert (track.missed, track.score, track.label) == (0.0, 0.9, ObjectClass.PERSON)
    follower.look(LIVE[-1] + 0.7, [])
    [lost] = follower.current()
    assert lost.number == track.number
    assert abs(lost.missed - 0.7) < 1e-9
    follower.look(LIVE[-1] + 5, [])
    assert follower.current() == []
    assert follower.finish() == []


def test_live_a_step_that_is_long_loses_nobody() -> None:
    """Nothing moved for three seconds, so nobody looked."""
    follower = Follower(WIDTH, HEIGHT, live=True)
    numbers = set()
    for time in (0.0, 0.4, 3.4, 6.4, 6.8):
        follower.look(time, [person(300)])
        numbers |= {track.number for track in follower.current()}
    assert len(numbers) == 1
