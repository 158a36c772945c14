"""`make face-model`: fetches a more accurate face model for those who accept its licence and its caveats.

The file comes from the npm registry, is checked by its SHA-256, made faster without changing what it computes, and kept
in DATA_DIR/models, never in git. Nothing is switched on: the last lines say how.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "faceplugin-face-recognition-js@0.0.1"
MEMBER = "package/model/fr_feature.onnx"
SHA256 = "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581"
MOST_BYTES = 64 * 1024 * 1024
PIXELS = "bgr 127 128"
TINY = 1e-30

CAVEATS = f"""\
This is fr_feature.onnx out of the npm package {PACKAGE}.

Licence: the package says MIT (its LICENSE names gitguanqi, 2021). It says nothing on where the model comes from, nor
on the pictures it was trained with; those of most such models were gathered without anybody's consent, and some for
research alone. Whether you may use it is yours to decide, and to answer for: ask whoever advises you on law and data
protection first. It is not part of this project and is not switched on by itself.

What it is better at: telling East Asian faces apart. docs/identity.md has the measured figures beside dlib's.
What changes with it: descriptors of another model cannot be compared, so every stored reference photo must be described
again, and thresholds must be calibrated again (docs/identity.md).
"""


class Stop(Exception):
    """What went wrong, in a sentence."""


def main() -> int:
    """Fetch, check, rewrite, keep, and say what it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--package", type=Path, help="the package as a file, for machines without npm or network")
    options = parser.parse_args()
    print(CAVEATS)
    try:
        kept = fetch(options.package)
    except Stop as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"Kept in {kept}. To switch it on:\n\n    FACE_EMBEDDER={kept}\n")
    return 0


def fetch(package: Path | None) -> Path:
    """Bring the model into DATA_DIR/models; return its path."""
    directory = Path(os.environ.get("DATA_DIR") or ROOT / "var").absolute() / "models"
    with tempfile.TemporaryDirectory() as scratch:
        original = checked(extracted(package or packed(Path(scratch))))
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = directory / "fr_feature.onnx"
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_bytes(rewritten(original))
    partial.replace(kept)
    return kept


def packed(scratch: Path) -> Path:
    """Have npm fetch the package, without running anything of it."""
    npm = shutil.which("npm")
    if npm is None:
        raise Stop(f"npm is not installed. Fetch {PACKAGE} elsewhere with “npm pack” and give it with --package FILE.")
    done = subprocess.run(
        [npm, "pack", PACKAGE, "--ignore-scripts", "--silent"], cwd=scratch, capture_output=True, text=True, check=False
    )
    found = sorted(scratch.glob("*.tgz"))
    if done.returncode or not found:
        raise Stop(f"npm could not fetch {PACKAGE}: {done.stderr.strip() or 'no reason given'}")
    return found[0]


def extracted(package: Path) -> bytes:
    """Read the one file out of the package that is wanted."""
    try:
        with tarfile.open(package) as archive:
            member = archive.getmember(MEMBER)
            file = archive.extractfile(member)
            if file is not None and member.size <= MOST_BYTES:
                return file.read()
    except (OSError, KeyError, tarfile.TarError) as error:
        raise Stop(f"{package} is not the package {PACKAGE}: {error}") from error
    raise Stop(f"{package} is not the package {PACKAGE}.")


def checked(model: bytes) -> bytes:
    """Return the model, if it is the one that was measured."""
    if hashlib.sha256(model).hexdigest() != SHA256:
        raise Stop(f"{MEMBER} is not the file that was measured: its SHA-256 differs. Nothing was kept.")
    return model


def rewritten(model: bytes) -> bytes:
    """Return the model with its activations in a faster form, and with a note of the pixels it wants."""
    graph = onnx.load_model_from_string(model)
    without_prelu(graph)
    without_tiny_weights(graph)
    helper.set_model_props(graph, {"face_input": PIXELS})
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


def without_prelu(model: onnx.ModelProto) -> None:
    """Write each PRelu(x) as x + (1 - slope) · relu(-x): the same numbers, twice as fast in onnxruntime."""
    graph = model.graph
    slopes = {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes += [node] if node.op_type != "PRelu" else _as_relu(graph, node, slopes[node.input[1]])
    del graph.node[:]
    graph.node.extend(nodes)


def _as_relu(graph: onnx.GraphProto, node: onnx.NodeProto, slope: np.ndarray) -> list[onnx.NodeProto]:
    source, result = node.input[0], node.output[0]
    share = f"{result}_share"
    graph.initializer.append(numpy_helper.from_array((1 - slope).astype(np.float32), share))
    return [
        helper.make_node("Neg", [source], [f"{result}_turned"]),
        helper.make_node("Relu", [f"{result}_turned"], [f"{result}_below"]),
        helper.make_node("Mul", [f"{result}_below", share], [f"{result}_mended"]),
        helper.make_node("Add", [source, f"{result}_mended"], [result]),
    ]


def without_tiny_weights(model: onnx.ModelProto) -> None:
    """Set to zero what no sum would notice: numbers below 1e-38 cost some processors a hundred times as much."""
    for constant in model.graph.initializer:
        values = numpy_helper.to_array(constant)
        if values.dtype == np.float32:
            kept = np.where(np.abs(values) < TINY, 0, values).astype(np.float32)
            constant.CopyFrom(numpy_helper.from_array(kept, constant.name))


if __name__ == "__main__":
    sys.exit(main())
