"""Turns the installed weights of dlib's face network into an ONNX file, once for each machine."""

import hashlib
import json
import os
import tempfile
from enum import StrEnum
from pathlib import Path

import face_recognition_models

from proctoring.faces import weights
from proctoring.faces.weights import WrongFile

SOURCE_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
VERSION = 1  # of the graph that is written: another number makes another file
RANGES = Path(__file__).with_name("ranges.json")


class Precision(StrEnum):
    """How exactly dlib's network is computed: `fp32` as dlib does, `int8` in a quarter of the time."""

    FP32 = "fp32"
    INT8 = "int8"


def dlib_model(precision: Precision, directory: Path | None) -> Path | bytes:
    """Return dlib's network as an ONNX file kept in `directory`; without a directory it is made anew, in memory.

    Raise WrongFile where the installed weights are not the ones that descriptors are compared by.
    """
    if directory is None:
        return _convert(precision)
    kept = directory / f"dlib-resnet-v1-{precision}-{_digest(precision)}.onnx"
    if not kept.exists():
        _keep(_convert(precision), kept)
    return kept


def ranges() -> dict[str, tuple[float, float]]:
    """Return the lowest and highest value that each step of the network is rounded within (see ranges.json)."""
    values = json.loads(RANGES.read_text(encoding="utf-8"))["ranges"]
    return {name: (low, high) for name, (low, high) in values.items()}


def source() -> Path:
    """Return where face_recognition keeps dlib's weights."""
    return Path(face_recognition_models.face_recognition_model_location())


def _digest(precision: Precision) -> str:
    """Name what the file is made of: the weights, the graph's version and the ranges."""
    parts = [SOURCE_SHA256, str(VERSION), precision.value]
    if precision is Precision.INT8:
        parts.append(hashlib.sha256(RANGES.read_bytes()).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _convert(precision: Precision) -> bytes:
    from proctoring.faces import network  # brings in onnx, which nothing needs once the file is there

    data = source().read_bytes()
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        raise WrongFile(f"{source()} is not the file of face_recognition_models that was expected")
    model = network.build(weights.read(data), ranges() if precision is Precision.INT8 else None)
    return bytes(model.SerializeToString())


def _keep(model: bytes, path: Path) -> None:
    """Write a file that is either whole or not there, whoever else writes it at the same time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".making-", delete=False) as partial:
        partial.write(model)
        partial.flush()
        os.fsync(partial.fileno())
    Path(partial.name).replace(path)
