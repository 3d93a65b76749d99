import dataclasses
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.base.clock import WallUs
from watchglass.model.camera import Health, HealthState
from watchglass.model.media import Packet, StreamInfo, Ticks
from watchglass.record.message import Gone, HealthChange, Notice, Run
from watchglass.record.ring import Ring, RingLimits, Subscription

INFO = StreamInfo("h264", b"", 320, 240, 25.0)
UP = Health(HealthState.UP, WallUs(1))
DOWN = Health(HealthState.DOWN, WallUs(2), "Camera Gate is gone.")


def packets(pattern: str, size: int = 10, first: int = 0) -> list[Packet]:
    """Packets by a pattern as in "KppKp": K a keyframe, p what needs it; times are their numbers."""
    return [
        Packet(b"x" * size, Ticks(first + n), WallUs(first + n), keyframe=letter == "K")
        for n, letter in enumerate(pattern)
    ]


def taken(subscription: Subscription) -> list[Notice]:
    """All that waits."""
    notices = []
    while (notice := subscription.take(0)) is not None:
        notices.append(notice)
        if isinstance(notice, Gone):
            break
    return notices


def numbers(notices: list[Notice]) -> str:
    """Packets as in "0!,1,2": their numbers, ! for a jump; runs by their names."""
    names = [
        f"{notice.pts}{'!' if notice.jump else ''}" if isinstance(notice, Packet) else getattr(notice, "run", "?")
        for notice in notices
    ]
    return ",".join(names)


def ring_with(pattern: str, limits: RingLimits | None = None, *, keep_gop: bool = True) -> Ring:
    ring = Ring(limits, keep_gop=keep_gop)
    ring.start_run(INFO, "a")
    for packet in packets(pattern):
        ring.put(packet)
    return ring


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "KppKp", "a,0!,1,2,3,4"),
        ("", "ppKp", "a,2!,3"),
        ("Kpp", "p", "a,0!,1,2,3"),
        ("KppKp", "pK", "a,3!,4,5,6"),
        ("pp", "pK", "a,3!"),
        ("K", "", "a,0!"),
        ("", "pp", ""),
    ],
)
def test_a_subscriber_starts_from_the_latest_keyframe_kept(before: str, after: str, expected: str) -> None:
    ring = ring_with(before)
    subscription = ring.subscribe()
    for packet in packets(after, first=len(before)):
        ring.put(packet)
    assert numbers(taken(subscription)) == expected


@pytest.mark.parametrize(
    ("pattern", "limit", "expected"),
    [
        ("KppKppK", 7, "a,0!,1,2,3,4,5,6"),
        ("KppKppK", 6, "a,3!,4,5,6"),
        ("KppKppK", 4, "a,3!,4,5,6"),
        ("KppKppK", 3, "a,6!"),
        ("Kppppp", 3, ""),  # what needs a dropped keyframe goes with it, and what follows until the next
        ("KppppKp", 3, "a,5!,6"),
        ("KKKKKK", 3, "a,3!,4,5"),
        ("K", 1, "a,0!"),
        ("KK", 1, "a,1!"),
    ],
)
def test_a_full_queue_drops_through_to_the_next_keyframe(pattern: str, limit: int, expected: str) -> None:
    ring = Ring(RingLimits(packets=limit))
    ring.start_run(INFO, "a")
    subscription = ring.subscribe()
    for packet in packets(pattern):
        ring.put(packet)
    notices = taken(subscription)
    assert numbers(notices) == expected
    assert subscription.dropped == len(pattern) - sum(isinstance(notice, Packet) for notice in notices)


def test_the_hole_is_marked_once() -> None:
    ring = Ring(RingLimits(packets=3))
    ring.start_run(INFO, "a")
    subscription = ring.subscribe()
    first = packets("Kpp")
    for packet in first:
        ring.put(packet)
    assert [subscription.take(0) for _ in range(2)] == [Run("a", INFO), dataclasses.replace(first[0], jump=True)]
    for packet in packets("pKpp", first=3):
        ring.put(packet)
    assert numbers(taken(subscription)) == "4!,5,6"


def test_bytes_are_bounded_as_well() -> None:
    ring = Ring(RingLimits(size=55))
    ring.start_run(INFO, "a")
    subscription = ring.subscribe()
    for packet in packets("KpKpKp", size=10):
        ring.put(packet)
    assert numbers(taken(subscription)) == "a,2!,3,4,5"


def test_a_single_packet_larger_than_the_bound_is_passed_on() -> None:
    ring = Ring(RingLimits(size=5))
    ring.start_run(INFO, "a")
    subscription = ring.subscribe()
    for packet in packets("KKp", size=10):
        ring.put(packet)
    assert numbers(taken(subscription)) == ""
    ring.put(packets("K", size=10, first=3)[0])
    assert numbers(taken(subscription)) == "a,3!"


def test_a_gop_that_cannot_be_kept_whole_is_not_kept() -> None:
    ring = ring_with("Kppp", RingLimits(packets=3))
    assert ring.kept == 0
    assert numbers(taken(ring.subscribe())) == ""


def test_the_ring_itself_keeps_one_gop() -> None:
    assert ring_with("KpppKpp").kept == 30


def test_without_a_kept_gop_a_subscriber_waits_for_a_keyframe() -> None:
    ring = ring_with("Kpp", keep_gop=False)
    assert ring.kept == 0
    subscription = ring.subscribe()
    for packet in packets("pKp", first=3):
        ring.put(packet)
    assert numbers(taken(subscription)) == "a,4!,5"


def test_each_run_is_told_before_its_packets_and_its_first_packet_jumps() -> None:
    ring = ring_with("Kp")
    subscription = ring.subscribe()
    ring.start_run(INFO, "b")
    for packet in packets("Kp", first=2):
        ring.put(dataclasses.replace(packet, jump=packet.keyframe))
    assert numbers(taken(subscription)) == "a,0!,1,b,2!,3"


def test_what_of_a_new_run_needs_the_old_one_is_not_handed_out() -> None:
    ring = ring_with("Kp")
    subscription = ring.subscribe()
    ring.start_run(INFO, "b")
    for packet in packets("ppKp", first=2):
        ring.put(packet)
    assert numbers(taken(subscription)) == "a,0!,1,b,4!,5"


def test_a_run_whose_packets_were_all_dropped_is_not_told_and_the_next_is() -> None:
    ring = Ring(RingLimits(packets=2))
    subscription = ring.subscribe()
    for number, run in enumerate("abc"):
        ring.start_run(INFO, run)
        for packet in packets("Kp", first=2 * number):
            ring.put(packet)
    assert numbers(taken(subscription)) == "c,4!,5"


def test_health_comes_first_and_only_the_newest() -> None:
    ring = Ring()
    ring.put_health(UP)
    ring.start_run(INFO, "a")
    ring.put(packets("K")[0])
    subscription = ring.subscribe()
    assert subscription.take(0) == HealthChange(UP)
    ring.put_health(UP)
    ring.put_health(DOWN)
    assert subscription.take(0) == HealthChange(DOWN)
    assert numbers(taken(subscription)) == "a,0!"


def test_gone_is_the_last_and_comes_at_once() -> None:
    ring = ring_with("Kp")
    subscription = ring.subscribe()
    ring.end()
    ring.put(packets("K")[0])
    assert taken(subscription) == [Gone()]
    assert taken(ring.subscribe()) == [Gone()]


def test_who_left_gets_nothing_more() -> None:
    ring = ring_with("")
    subscription, other = ring.subscribe(), ring.subscribe()
    subscription.leave()
    subscription.leave()
    ring.put(packets("K")[0])
    assert taken(subscription) == []
    assert numbers(taken(other)) == "a,0!"


def test_packets_are_shared_not_copied() -> None:
    ring = ring_with("")
    first, second = ring.subscribe(), ring.subscribe()
    packet = packets("K")[0]
    ring.put(packet)
    got = [notice for subscription in (first, second) for notice in taken(subscription) if isinstance(notice, Packet)]
    assert all(notice.data is packet.data for notice in got)


def test_one_who_waits_is_woken() -> None:
    ring = ring_with("")
    subscription = ring.subscribe()
    got: list[Notice | None] = []
    waiting = threading.Thread(target=lambda: got.append(subscription.take(30)))
    waiting.start()
    ring.put(packets("K")[0])
    waiting.join(10)
    assert got == [Run("a", INFO)]


def test_nothing_within_the_time_is_none() -> None:
    assert Ring().subscribe().take(0) is None


@given(
    pattern=st.text("Kpppp", max_size=80),
    limit=st.integers(1, 10),
    takes=st.lists(st.integers(0, 4), max_size=80),
)
def test_what_is_handed_out_can_always_be_decoded(pattern: str, limit: int, takes: list[int]) -> None:
    ring = Ring(RingLimits(packets=limit))
    ring.start_run(INFO, "a")
    subscription = ring.subscribe()
    got: list[Notice | None] = []
    for number, packet in enumerate(packets(pattern)):
        ring.put(packet)
        got += [subscription.take(0) for _ in range(takes[number] if number < len(takes) else 0)]
    got += taken(subscription)
    handed = [notice for notice in got if isinstance(notice, Packet)]
    for number, packet in enumerate(handed):
        follows = number > 0 and packet.pts == handed[number - 1].pts + 1
        assert packet.jump == (not follows)
        assert packet.keyframe or follows
    assert subscription.dropped + len(handed) == len(pattern)
