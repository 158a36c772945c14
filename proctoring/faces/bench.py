"""What a look at a frame costs, beside the plain calls of face_recognition, in one run.

Every frame is looked at in each way before the next one comes (so that a busy machine is busy for all of them), the
cost is the processor time of the thread, and medians are told. A steady camera is searched near the last face, in
every few frames also around it where something has changed, and now and then whole (trail.py): `ours` is the mean of
the three at that rate. `restless` is the same where everything changes, so that around the face means everywhere.
"""

import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any

import dlib
import face_recognition_models
import numpy as np
from onnx import TensorProto, helper
from PIL import Image

from proctoring.faces import bench_frames, detect, embedders, engine, images, quality
from proctoring.faces.bench_frames import Clip
from proctoring.faces.embedders import Choice
from proctoring.faces.models import Precision, source
from proctoring.faces.observation import Near, Observation
from proctoring.faces.pool import VerifierBusy, VerifierPool
from proctoring.faces.trail import AROUND_EVERY, WHOLE_EVERY, Trail
from proctoring.faces.worker import STARTS_WITHIN

INTERVAL = 2.0  # seconds between the frames of a candidate
MULTIPLICATIONS = 0.27e9  # of dlib's network for one face
Way = dict[str, list[float]]


@dataclass
class _Naive:
    """face_recognition's own calls, without its package: importing that loads the 68-point model.

    load_image_file, face_locations (HOG, one upsampling) and face_encodings (5 points, one jitter) of version 1.3.0.
    """

    detector: Any = field(default_factory=dlib.get_frontal_face_detector)
    points: Any = field(
        default_factory=lambda: dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())
    )
    network: Any = field(default_factory=lambda: dlib.face_recognition_model_v1(str(source())))

    def __call__(self, jpeg: bytes) -> None:
        picture = np.array(Image.open(io.BytesIO(jpeg)).convert("RGB"))
        shapes = [self.points(picture, box) for box in self.detector(picture, 1)]
        for shape in shapes:
            np.array(self.network.compute_face_descriptor(picture, shape, 1))

    def difference(self, jpeg: bytes, embedder: embedders.Dlib) -> float | None:
        """Return the greatest difference between its numbers and ours of the same upright face."""
        picture = images.decode(jpeg)
        boxes = self.detector(picture, 1)
        if not boxes:
            return None
        chip = dlib.get_face_chip(picture, self.points(picture, boxes[0]), size=150, padding=0.25)
        return float(np.abs(np.array(self.network.compute_face_descriptor(chip)) - embedder.of_chip(chip)).max())


def run(frames: Path, *, clips: int, directory: Path, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure everything; return the figures that `manage.py bench_faces` shows."""
    chosen, naive = embedders.chosen(), _Naive()
    choices = {precision.value: Choice(precision=precision, directory=directory) for precision in Precision}
    if chosen not in choices.values():
        choices["chosen"] = chosen
    sizes = {}
    try:
        for size in bench_frames.SIZES:
            name = f"{size[0]}x{size[1]}"
            tell(f"{name}: the plain calls and ours on the same frames …")
            sizes[name] = _of_size(bench_frames.clips(frames, size, clips), naive, choices)
    finally:
        embedders.choose(chosen)
    tell("all cores through the pool …")
    pool = _through_pool(bench_frames.clips(frames, bench_frames.SIZES[0], clips), seconds)
    return _figures(sizes, pool, next(name for name, choice in choices.items() if choice == chosen))


def _figures(sizes: dict[str, dict[str, Any]], pool: dict[str, Any], name: str) -> dict[str, Any]:
    """Put what is asked first in front: the default configuration at 640×480."""
    first = next(iter(sizes.values()))
    ours = first["ours"][name]
    return {
        "naive_ms": first["naive_ms"],
        "ours_ms": ours["ms"],
        "ratio": ours["ratio"],
        "descriptor_max_difference": first["ours"]["fp32"]["descriptor_max_difference"],
        "candidates_per_core": ours["candidates_per_core"],
        "rss_mb": pool["rss_mb"],
        "details": {"default": name, "embedder": embedders.name(), "sizes": sizes, "pool": pool, "floor": _floor()},
    }


# --- one thread ------------------------------------------------------------------------------------------------------


def _of_size(clips: list[Clip], naive: _Naive, choices: dict[str, Choice]) -> dict[str, Any]:
    """Look at every frame in every way."""
    plain: list[float] = []
    presence: list[float] = []
    ways: dict[str, Way] = {name: {"near": [], "around": [], "whole": []} for name in choices}
    for choice in choices.values():  # warm: nothing below pays for loading
        embedders.choose(choice)
        engine.warm()
    naive(clips[0][0])
    for clip in clips:
        first = engine.observe(clip[0])
        for jpeg in clip:
            plain.append(_milliseconds(naive, jpeg))
            for name, choice in choices.items():
                embedders.choose(choice)
                _look(jpeg, first, ways[name])
            presence.append(_milliseconds(_presence, jpeg, first))
    naive_ms = median(plain)
    return {
        "frames": len(plain),
        "naive_ms": round(naive_ms, 2),
        "presence_ms": round(median(presence), 2),
        "ours": {name: _told(way, naive_ms) | _compared(clips, naive, choices[name]) for name, way in ways.items()},
    }


def _look(jpeg: bytes, first: Observation, way: Way) -> None:
    """Look in each of the three ways, as if the surroundings had last been searched in the first frame of the clip."""
    if first.largest is not None:
        face = first.largest.box
        way["near"].append(_milliseconds(engine.observe, jpeg, near=Near(face)))
        way["around"].append(_milliseconds(engine.observe, jpeg, near=Near(face, first.searched)))
    way["whole"].append(_milliseconds(engine.observe, jpeg))


def _told(way: Way, naive_ms: float) -> dict[str, Any]:
    """Tell medians, but the mean for what is around the face, which differs from person to person."""
    whole = median(way["whole"])
    near, around = (median(way["near"]), fmean(way["around"])) if way["near"] else (whole, whole)
    steady, restless = _steady(near, around, whole), _steady(near, whole, whole)
    return {
        "ms": round(steady, 2),
        "near_ms": round(near, 2),
        "around_ms": round(around, 2),
        "whole_ms": round(whole, 2),
        "restless_ms": round(restless, 2),
        "ratio": round(naive_ms / steady, 1),
        "ratio_near": round(naive_ms / near, 1),
        "ratio_restless": round(naive_ms / restless, 1),
        "candidates_per_core": int(INTERVAL * 1000 / steady),
    }


def _steady(near: float, around: float, whole: float) -> float:
    """Return the mean of the frames of a camera at the rate of its trail."""
    wholes, arounds = 1, WHOLE_EVERY // AROUND_EVERY - 1
    return (near * (WHOLE_EVERY - arounds - wholes) + around * arounds + whole * wholes) / WHOLE_EVERY


def _compared(clips: list[Clip], naive: _Naive, choice: Choice) -> dict[str, Any]:
    embedder = embedders.load(choice)
    if not isinstance(embedder, embedders.Dlib):
        return {}
    differences = [naive.difference(clip[0], embedder) for clip in clips]
    return {"descriptor_max_difference": max((each for each in differences if each is not None), default=None)}


def _presence(jpeg: bytes, first: Observation) -> None:
    """Do what it takes to tell that somebody is there, and nothing more."""
    grey = engine.grey_of(images.decode(jpeg))
    quality.brightness(grey)
    if first.largest is None or not detect.search_near(grey, first.largest.box):
        detect.search(grey)


def _milliseconds(work: Callable[..., object], *arguments: Any, **named: Any) -> float:
    began = time.thread_time()
    work(*arguments, **named)
    return (time.thread_time() - began) * 1000


# --- all cores -------------------------------------------------------------------------------------------------------


def _through_pool(clips: list[Clip], seconds: float) -> dict[str, Any]:
    """Keep every worker busy for some seconds, each camera with its own trail."""
    pool = VerifierPool(timeout=60)
    counts: list[int] = []
    try:
        _await_workers(pool)
        ends = time.monotonic() + seconds
        cameras = [clips[index % len(clips)] for index in range(2 * pool.processes)]
        threads = [threading.Thread(target=_camera, args=(pool, clip, ends, counts)) for clip in cameras]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lasted = time.monotonic() - began
        memory = [_memory(pid) for pid in pool.workers()]
    finally:
        pool.close()
    known = [megabytes for megabytes in memory if megabytes is not None]
    a_second = sum(counts) / lasted
    return {
        "processes": pool.processes,
        "frames_per_second": round(a_second, 1),
        "candidates": int(a_second * INTERVAL),
        "rss_mb": round(max(known)) if known else None,
        "rss_mb_each": [round(each) for each in known],
    }


def _await_workers(pool: VerifierPool) -> None:
    """Wait until all workers are ready: a frame that came before would grow too old on a busy machine."""
    pool.warm()
    ends = time.monotonic() + STARTS_WITHIN
    while len(pool.workers()) < pool.processes and time.monotonic() < ends:
        time.sleep(0.1)


def _camera(pool: VerifierPool, clip: Clip, ends: float, counts: list[int]) -> None:
    trail, count = Trail(), 0
    while time.monotonic() < ends:
        try:
            trail.remember(pool.observe_now(clip[count % len(clip)], near=trail.near()))
        except VerifierBusy:
            time.sleep(0.01)
            continue
        count += 1
    counts.append(count)


def _memory(pid: int) -> float | None:
    """Return the resident memory of a process in megabytes, where the system tells it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), None)


# --- the floor -------------------------------------------------------------------------------------------------------


def _floor() -> dict[str, Any]:
    """Return what dlib's network would cost at the highest speed that this processor multiplies matrices at."""
    size = 512
    session, matrix = embedders.open_session(_multiplication(size)), np.ones((size, size), np.float32)
    times = [_milliseconds(session.run, None, {"a": matrix, "b": matrix}) for _ in range(30)]
    a_millisecond = size**3 / min(times)
    return {
        "fp32_gigaflops": round(2 * a_millisecond / 1e6, 1),
        "network_gigaflop": round(2 * MULTIPLICATIONS / 1e9, 2),
        "network_ms": round(MULTIPLICATIONS / a_millisecond, 2),
    }


def _multiplication(size: int) -> bytes:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [size, size]) for name in "abc"]
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["c"])], "product", values[:2], values[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())
