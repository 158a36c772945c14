"""The face model is a plug: dlib's public-domain network, or any ONNX file of ArcFace's kind.

A process has one: `choose` names it, `current` loads it. Descriptors of different models cannot be compared, so the
model's name is stored beside each of them; it tells files apart by what is in them.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from proctoring.faces import models
from proctoring.faces.landmarks import ARCFACE_SIDE, Landmarks, Pixels
from proctoring.faces.models import Precision
from proctoring.faces.observation import Descriptor

DLIB = "dlib"
INPUT_NOTE = "face_input"  # metadata of an ONNX file: which pixels it wants
ARCFACE_INPUT = "rgb 127.5 127.5"  # what most models of ArcFace's kind want
LEAST_SIZE, MOST_SIZE = 128, 512
_SHAPE = [3, ARCFACE_SIDE, ARCFACE_SIDE]


class WrongModel(ValueError):
    """The chosen face model cannot be used; the sentence says why and what to change."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which face model a process uses; it travels to worker processes.

    `embedder`: `dlib`, or the path of an ONNX file of ArcFace's kind. `precision` is dlib's. `directory` keeps what is
    converted once. `pixels` says what a file wants where it does not say so itself: see `PixelForm`.
    """

    embedder: str = DLIB
    precision: Precision = Precision.INT8
    directory: Path | None = None
    pixels: str = ""


@dataclass(frozen=True, slots=True)
class PixelForm:
    """What a model wants of each pixel: its order of colours, and (value - mean) / scale."""

    order: str
    mean: float
    scale: float

    @classmethod
    def parse(cls, text: str) -> "PixelForm":
        """Read `rgb 127.5 127.5` or `bgr 127 128`; raise WrongModel for other texts."""
        form = re.fullmatch(r"(rgb|bgr)[ :,](\d+(?:\.\d+)?)[ :,](\d+(?:\.\d+)?)", text.strip().lower())
        if form is None or not float(form[3]):
            raise WrongModel(
                f"The pixels of a face model must read like “rgb 127.5 127.5” or “bgr 127 128”, not {text!r}."
            )
        return cls(form[1], float(form[2]), float(form[3]))

    def of(self, rgb: Pixels) -> NDArray[np.float32]:
        """Return a picture RGB uint8 (side, side, 3) as the model wants it: float32 (1, 3, side, side)."""
        ordered = rgb if self.order == "rgb" else rgb[:, :, ::-1]
        planes = np.ascontiguousarray(ordered.transpose(2, 0, 1)[None], dtype=np.float32)
        return (planes - np.float32(self.mean)) / np.float32(self.scale)


class Embedder(Protocol):
    """Makes a descriptor, float64 (size,), of a face in a picture; nearer means likelier the same person."""

    name: str
    size: int

    def describe(self, rgb: Pixels, landmarks: Landmarks) -> Descriptor: ...


class Dlib:
    """dlib's ResNet of face_recognition, 128 numbers; `fp32` within 1e-5 of dlib's own."""

    size = 128

    def __init__(self, precision: Precision, directory: Path | None) -> None:
        self.name = dlib_name(precision)
        self._session = open_session(models.dlib_model(precision, directory))

    def describe(self, rgb: Pixels, landmarks: Landmarks) -> Descriptor:
        return self.of_chip(landmarks.upright_for_dlib(rgb))

    def of_chip(self, chip: Pixels) -> Descriptor:
        """Return the descriptor of an upright face, RGB (150, 150, 3)."""
        planes = np.ascontiguousarray(chip.transpose(2, 0, 1)[None], dtype=np.float32)
        (descriptor,) = self._session.run(None, {"chip": planes})
        return np.asarray(descriptor[0], dtype=np.float64)


class ArcFace:
    """An ONNX file of ArcFace's kind: an aligned face 112×112 in, 128 to 512 numbers out, brought to length 1."""

    def __init__(self, path: Path, pixels: str = "") -> None:
        self.name = file_name(path, pixels)
        self._session = open_session(path)
        self._input, self.size = _shapes(self._session, path)
        noted = self._session.get_modelmeta().custom_metadata_map.get(INPUT_NOTE, "")
        self._pixels = PixelForm.parse(pixels or noted or ARCFACE_INPUT)

    def describe(self, rgb: Pixels, landmarks: Landmarks) -> Descriptor:
        planes = self._pixels.of(landmarks.upright_for_arcface(rgb))
        output = self._session.run(None, {self._input: planes})[0]
        descriptor = np.asarray(output, dtype=np.float64).ravel()
        return descriptor / max(float(np.linalg.norm(descriptor)), 1e-12)


def dlib_name(precision: Precision) -> str:
    """Return the name of dlib's descriptors."""
    return "dlib-resnet-v1" if precision is Precision.FP32 else f"dlib-resnet-v1-{precision}"


def file_name(path: Path, pixels: str) -> str:
    """Return the name of a file's descriptors: another file, or other pixels, has another."""
    try:
        digest = hashlib.sha256(path.read_bytes() + pixels.encode()).hexdigest()
    except OSError as error:
        raise WrongModel(f"FACE_EMBEDDER names a file that cannot be read: {path} ({error.strerror}).") from error
    return f"onnx-{digest[:24]}"


# --- the one of this process -----------------------------------------------------------------------------------------

_chosen = [Choice()]


def choose(choice: Choice) -> None:
    """Set the face model of this process; raise WrongModel where a file is none."""
    if choice.embedder != DLIB:
        load(choice)
    _chosen[0] = choice


def chosen() -> Choice:
    """Return what was chosen, to hand it to another process."""
    return _chosen[0]


def current() -> Embedder:
    """Return the face model of this process, loaded once."""
    return load(chosen())


def name() -> str:
    """Return the name of the face model of this process, without loading what dlib's needs."""
    choice = chosen()
    return dlib_name(choice.precision) if choice.embedder == DLIB else load(choice).name


@lru_cache(maxsize=4)
def load(choice: Choice) -> Embedder:
    """Load a face model; raise WrongModel where that fails."""
    if choice.embedder == DLIB:
        return Dlib(choice.precision, choice.directory)
    return ArcFace(Path(choice.embedder), choice.pixels)


def open_session(model: Path | bytes) -> Any:
    """Open an ONNX model for one thread: there is one process for each core."""
    import onnxruntime  # the web server's process imports this module for the name, and never loads a model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has an exception of its own for every way in which a file can be wrong
        raise WrongModel(f"FACE_EMBEDDER names a file that is no ONNX model: {model!s}.") from error


def _shapes(session: Any, path: Path) -> tuple[str, int]:
    """Return the name of the input and the size of the output, after a look at both."""
    inputs = session.get_inputs()
    fits = len(inputs) == 1 and inputs[0].type == "tensor(float)" and list(inputs[0].shape[1:]) == _SHAPE
    if not fits:
        raise WrongModel(f"FACE_EMBEDDER names a model whose input is not one picture 1×3×112×112: {path}.")
    try:
        blank = np.zeros((1, *_SHAPE), np.float32)
        size = int(np.asarray(session.run(None, {inputs[0].name: blank})[0]).size)
    except Exception as error:  # as above
        raise WrongModel(f"FACE_EMBEDDER names a model that does not compute: {path}.") from error
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise WrongModel(
            f"FACE_EMBEDDER names a model that gives {size} numbers, not {LEAST_SIZE} to {MOST_SIZE}: {path}."
        )
    return str(inputs[0].name), size
