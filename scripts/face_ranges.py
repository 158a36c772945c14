"""Measures the ranges that dlib's network is rounded within in eight bits (proctoring/faces/ranges.json).

    python scripts/face_ranges.py FOLDER_OF_FACES > ranges.json

For each value of the network: the median over the faces of the lowest and of the highest value on one face. Some
hundred faces of many people are enough. docs/identity.md says why the median, and what to measure again after a change.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this file is run by its path

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402

from proctoring.faces import detect, embedders, images, landmarks, models, network, weights  # noqa: E402

PICTURES = {".jpg", ".jpeg", ".png"}


def main() -> int:
    """Print the ranges of the faces in a folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=300, help="how many pictures to look at, spread over the folder")
    options = parser.parse_args()
    files = sorted(file for file in options.folder.rglob("*") if file.suffix.lower() in PICTURES)
    chips = [chip for file in files[:: max(1, len(files) // options.most)] if (chip := upright(file)) is not None]
    if not chips:
        print(f"{options.folder} holds no picture of a face.", file=sys.stderr)
        return 1
    about = (
        f"The median over {len(chips)} faces of the lowest and the highest value on each; see scripts/face_ranges.py."
    )
    print(json.dumps({"about": about, "ranges": measured(chips)}, indent=1))
    return 0


def upright(file: Path) -> landmarks.Pixels | None:
    """Return the nearest face of a picture as dlib's network sees it."""
    try:
        rgb = images.decode(file.read_bytes(), images.PHOTO, most_side=1280)
    except images.Unreadable:
        return None
    faces = detect.search(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8))
    return landmarks.locate(rgb, faces[0]).upright_for_dlib(rgb) if faces else None


def measured(chips: list[landmarks.Pixels]) -> dict[str, tuple[float, float]]:
    """Return the median range of each value that is rounded."""
    graph = network.build(weights.read(models.source().read_bytes()))
    names = [node.output[0] for node in graph.graph.node if node.op_type in {"Conv", "Add"}]
    graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    session = embedders.open_session(graph.SerializeToString())
    ends = np.array([[(value.min(), value.max()) for value in _run(session, names, chip)] for chip in chips])
    low, high = np.minimum(np.median(ends[:, :, 0], axis=0), 0), np.median(ends[:, :, 1], axis=0)
    ranges = {name: (_short(low[at]), _short(high[at])) for at, name in enumerate(names)}
    ranges["normalised"] = (_short(-122.782 / 256), _short((255 - 104.298) / 256))  # black red to white blue
    ranges["pooled"] = ranges["first"]  # the same steps before and after, so that pooling works on whole numbers
    return ranges


def _run(session: object, names: list[str], chip: landmarks.Pixels) -> list[np.ndarray]:
    planes = chip.transpose(2, 0, 1)[None].astype(np.float32)
    values: list[np.ndarray] = session.run(names, {network.INPUT: planes})  # type: ignore[attr-defined]
    return values


def _short(value: float) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    sys.exit(main())
