"""Tiny ONNX models, written byte by byte: whatever picture they are given, they answer what they were made with.

Protocol buffers by hand (https://protobuf.dev/programming-guides/encoding/), messages of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: the package that writes them is large, and a test needs ten fields.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_FLOAT = 1  # TensorProto.DataType


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    """ValueInfoProto: a name, and a tensor type of floats; a size that is a word is one that may be any."""
    sizes = b"".join(_bytes(1, _number(1, size) if isinstance(size, int) else _bytes(2, size)) for size in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, sizes)))


def _tensor(name: str, values: npt.NDArray[np.float32]) -> bytes:
    sizes = b"".join(_number(1, size) for size in values.shape)
    return sizes + _number(2, _FLOAT) + _bytes(8, name) + _bytes(9, values.astype("<f4").tobytes())


def model(answer: npt.NDArray[np.float32], takes: Sequence[int | str]) -> bytes:
    """A model that takes `images` of a shape and gives `answer`."""
    node = _bytes(1, "answer") + _bytes(2, "output") + _bytes(4, "Identity")
    graph = _bytes(1, node) + _bytes(2, "tiny") + _bytes(5, _tensor("answer", answer))
    graph += _bytes(11, _value("images", takes)) + _bytes(12, _value("output", answer.shape))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))


def tiny() -> bytes:
    """A model that is none of ours: a classifier."""
    return model(np.zeros((1, 1000), np.float32), (1, 3, 64, 64))
