"""Other trackers on the same detections, and the scores of all: run by the python of an environment of their own.

    python peer_trackers.py DETECTIONS.txt TRUTH.txt OURS.txt

Reads detections (frame, -1, left, top, width, height, score), labels and our tracks in MOTChallenge form; prints JSON: by name
HOTA, MOTA, IDF1, switches and milliseconds a frame. Imports nothing of ours, and nothing of ours imports it.
"""

import collections
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import supervision
import trackers
from trackeval.metrics import CLEAR, HOTA, Identity

Rows = dict[int, list[list[float]]]
"""By frame: number, left, top, right, bottom, score."""

LEAST = 0.1  # score of a detection that trackers are given


def read(path: str) -> Rows:
    """Rows of a file."""
    found: Rows = collections.defaultdict(list)
    for line in Path(path).read_text(encoding="ascii").splitlines():
        frame, number, left, top, width, height, score = map(float, line.split(",")[:7])
        found[int(frame)].append([number, left, top, left + width, top + height, score])
    return found


def counting(path: str) -> Rows:
    """The labels whose seventh value is not 0."""
    return {frame: [row for row in rows if row[5]] for frame, rows in read(path).items()}


def follow(tracker: Any, detections: Rows, frames: int) -> tuple[Rows, float]:
    """What a tracker makes of detections, and its milliseconds a frame."""
    found: Rows = {}
    spent = 0.0
    for frame in range(1, frames + 1):
        rows = np.array([row for row in detections.get(frame, ()) if row[5] >= LEAST]).reshape(-1, 6)
        given = supervision.Detections(xyxy=rows[:, 1:5], confidence=rows[:, 5], class_id=np.zeros(len(rows), int))
        began = time.perf_counter()
        tracked = tracker.update(given)
        spent += time.perf_counter() - began
        numbers = tracked.tracker_id if tracked.tracker_id is not None else []
        found[frame] = [[float(n), *box, 1.0] for n, box in zip(numbers, tracked.xyxy.tolist(), strict=True) if n >= 0]
    return found, 1000 * spent / frames


def overlaps(one: Any, other: Any) -> Any:
    """Intersection over union of each pair."""
    first, second = one[:, None], other[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=-1)
    areas = [(of[..., 2:] - of[..., :2]).prod(axis=-1) for of in (first, second)]
    return shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)


def scores(truth: Rows, tracks: Rows, frames: int) -> dict[str, float]:
    """TrackEval's, of one video."""
    numbers = [sorted({row[0] for rows in of.values() for row in rows}) for of in (truth, tracks)]
    places = [{number: place for place, number in enumerate(every)} for every in numbers]
    ids: list[list[Any]] = [[], []]
    likeness = []
    for frame in range(1, frames + 1):
        boxes = []
        for of, place, into in zip((truth, tracks), places, ids, strict=True):
            rows = of.get(frame, [])
            into.append(np.array([place[row[0]] for row in rows], int))
            boxes.append(np.array([row[1:5] for row in rows], float).reshape(-1, 4))
        likeness.append(overlaps(*boxes))
    data = {
        "gt_ids": ids[0],
        "tracker_ids": ids[1],
        "similarity_scores": likeness,
        "num_gt_ids": len(numbers[0]),
        "num_tracker_ids": len(numbers[1]),
        "num_gt_dets": sum(map(len, ids[0])),
        "num_tracker_dets": sum(map(len, ids[1])),
        "num_timesteps": frames,
    }
    quiet = {"PRINT_CONFIG": False}
    clear = CLEAR(quiet).eval_sequence(data)
    return {
        "HOTA": float(np.mean(HOTA().eval_sequence(data)["HOTA"])),
        "MOTA": float(clear["MOTA"]),
        "IDF1": float(Identity(quiet).eval_sequence(data)["IDF1"]),
        "switches": float(clear["IDSW"]),
    }


def main(detections_path: str, truth_path: str, ours_path: str) -> None:
    """Score all of them."""
    detections, truth, ours = read(detections_path), counting(truth_path), read(ours_path)
    frames = max(truth)
    found = {"watchglass": scores(truth, ours, frames)}
    for name, tracker in (
        ("SORT", trackers.SORTTracker(frame_rate=10.0)),
        ("ByteTrack", trackers.ByteTrackTracker(frame_rate=10.0)),
        ("OC-SORT", trackers.OCSORTTracker(frame_rate=10.0)),
    ):
        tracks, spent = follow(tracker, detections, frames)
        found[name] = {**scores(truth, tracks, frames), "ms": spent}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
