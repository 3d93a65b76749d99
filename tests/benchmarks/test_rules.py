from benchmarks import rules


def test_looks_are_measured_and_something_comes_of_them() -> None:
    cameras = [rules._looks(camera, 40, 1) for camera in range(2)]
    each, happenings, crossings = rules._run(cameras)
    assert each > 0
    assert happenings > crossings > 0


def test_a_queue_that_creeps_over_a_line_is_counted_once() -> None:
    forward, backward, naive = rules.stop_and_go(20, 1.0)
    assert (forward, backward) == (20, 0)
    assert naive > 1.4 * forward
