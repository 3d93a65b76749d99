from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.unit.detect import onnx as tiny
from watchglass.detect.graph import with_open_sizes


def answer(content: bytes, height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    dice = np.random.default_rng(4).integers(0, 256, (1, 3, height, width)).astype(np.float32)
    return np.asarray(session.run(None, {session.get_inputs()[0].name: dice})[0])


def test_the_person_model_answers_as_before(person_model: Path) -> None:
    content = person_model.read_bytes()
    changed = with_open_sizes(content)
    np.testing.assert_allclose(answer(content, 416, 416), answer(changed, 416, 416), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("height", "width"), [(320, 416), (416, 320), (256, 256), (64, 416)])
def test_and_at_other_sizes(person_model: Path, height: int, width: int) -> None:
    rows = sum(height // stride * (width // stride) for stride in (8, 16, 32))
    assert answer(with_open_sizes(person_model.read_bytes()), height, width).shape == (1, rows, 85)


def test_its_focus_is_one_filter(person_model: Path) -> None:
    graph = onnx.load_model_from_string(with_open_sizes(person_model.read_bytes())).graph
    assert graph.node[0].op_type == "Conv"
    assert not [node for node in graph.node if node.op_type == "Slice"]


def test_a_model_that_begins_otherwise_keeps_its_graph() -> None:
    content = tiny.model(np.ones((1, 84, 85), np.float32), (1, 3, 64, 64))
    np.testing.assert_array_equal(answer(content, 64, 64), answer(with_open_sizes(content), 64, 64))


@pytest.mark.parametrize("content", [b"", b"no model", bytes(range(256)) * 40])
def test_no_model(content: bytes) -> None:
    with pytest.raises(ValueError, match="model"):
        with_open_sizes(content)
