"""Reads the weights of dlib's face descriptor from the file that face_recognition installs.

The file is dlib's own serialisation (dlib/serialize.h, dlib/dnn/layers_abstract.h). Only what the descriptor needs is
read: the mean of the input, then each convolution with the affine layer behind it, then the last matrix, in the order
in which they compute.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]

_INPUT, _CONVOLUTION, _AFFINE, _MATRIX = b"input_rgb_image_sized", b"con_4", b"affine_", b"fc_2"
_TENSOR_VERSION = 2
_NEGATIVE, _LENGTH = 0x80, 0x0F


class WrongFile(ValueError):
    """The file is not the network that is expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """`weights` float32 (outputs, inputs, rows, columns) and `bias` (outputs,), with the affine layer folded in."""

    weights: Weights
    bias: Weights
    stride: int
    padding: int


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The network in the order it computes: the mean of the input (red, green, blue), convolutions, last matrix.

    `matrix` float32 (inputs, 128).
    """

    mean: Weights
    convolutions: tuple[Convolution, ...]
    matrix: Weights


def read(data: bytes) -> Network:
    """Read the network from the bytes of dlib's file; raise WrongFile where they are something else."""
    try:
        stream = _Stream(data)
        stream.skip_to(_INPUT)
        mean = np.array([stream.floating() for _ in range(3)], dtype=np.float32)
        convolutions = tuple(_convolutions(stream))
        stream.skip_to(_MATRIX)
        outputs, inputs = stream.integer(), stream.integer()
        matrix = stream.tensor().reshape(inputs, outputs)
    except (IndexError, ValueError) as error:
        raise WrongFile("not dlib's serialised face network") from error
    return Network(mean, convolutions, matrix)


def _convolutions(stream: "_Stream") -> Iterator[Convolution]:
    """Read each convolution together with the scale and shift that follow it."""
    while stream.comes_before(_CONVOLUTION, _MATRIX):
        stream.skip_to(_CONVOLUTION)
        parameters = stream.tensor().ravel()
        filters, rows, columns, stride, _, padding, _ = (stream.integer() for _ in range(7))
        weights, bias = parameters[:-filters].reshape(filters, -1, rows, columns), parameters[-filters:]
        stream.skip_to(_AFFINE)
        scale, shift = stream.tensor().reshape(2, filters)
        yield Convolution(weights * scale[:, None, None, None], bias * scale + shift, stride, padding)


class _Stream:
    """Bytes of dlib's serialisation, read from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def comes_before(self, first: bytes, second: bytes) -> bool:
        """Tell whether the name `first` occurs before the name `second` in what is not read yet."""
        nearer, further = self._find(first), self._find(second)
        return 0 <= nearer < further

    def skip_to(self, name: bytes) -> None:
        """Go to the byte behind a layer's name."""
        at = self._find(name)
        if at < 0:
            raise ValueError(f"no {name!r}")
        self._at = at + 2 + len(name)

    def integer(self) -> int:
        """Read a compact integer: sign and number of bytes in the first byte, then little-endian."""
        head = self._data[self._at]
        end = self._at + 1 + (head & _LENGTH)
        value = int.from_bytes(self._data[self._at + 1 : end], "little")
        self._at = end
        return -value if head & _NEGATIVE else value

    def floating(self) -> float:
        """Read a float that is written as mantissa and exponent of two."""
        mantissa, exponent = self.integer(), self.integer()
        return float(mantissa * 2.0**exponent)

    def tensor(self) -> Weights:
        """Read a tensor float32: version, four sizes, then plain little-endian floats."""
        if self.integer() != _TENSOR_VERSION:
            raise ValueError("another version of tensors")
        shape = tuple(self.integer() for _ in range(4))
        count = int(np.prod(shape))
        values = np.frombuffer(self._data, "<f4", count, self._at).astype(np.float32)
        self._at += 4 * count
        return values.reshape(shape)

    def _find(self, name: bytes) -> int:
        return self._data.find(bytes((1, len(name))) + name, self._at)
