"""dlib's network outside dlib: read from the installed file, written as ONNX, and still the same numbers."""

import subprocess
import sys
from pathlib import Path

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from proctoring.faces import detect, embedders, images, landmarks, models, weights
from proctoring.faces.embedders import Choice, Dlib
from proctoring.faces.models import Precision
from proctoring.tests import scenes

NAMES = ("obama", "obama2", "obama3", "biden")
MEASURED_IN_EIGHT_BITS = 0.15  # distance: the mean over 2 939 faces was 0.06 (docs/identity.md)


def chip(name: str) -> NDArray[np.uint8]:
    rgb = images.decode(scenes.frame(name))
    (face,) = detect.search(np.asarray(rgb.mean(axis=2), dtype=np.uint8))
    return landmarks.locate(rgb, face).upright_for_dlib(rgb)


@pytest.fixture(scope="module")
def chips() -> list[NDArray[np.uint8]]:
    return [chip(name) for name in NAMES]


@pytest.fixture(scope="module")
def dlibs_own(chips: list[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
    network = dlib.face_recognition_model_v1(str(models.source()))
    return [np.array(network.compute_face_descriptor(chip)) for chip in chips]


def loaded(precision: Precision) -> Dlib:
    embedder = embedders.load(Choice(precision=precision))
    assert isinstance(embedder, Dlib)
    return embedder


def test_full_precision_is_dlibs_own(chips: list[NDArray[np.uint8]], dlibs_own: list[NDArray[np.float64]]) -> None:
    ours = [loaded(Precision.FP32).of_chip(chip) for chip in chips]
    assert np.abs(np.array(ours) - np.array(dlibs_own)).max() < 1e-5


def test_noise_and_black_are_dlibs_own_too() -> None:
    network = dlib.face_recognition_model_v1(str(models.source()))
    noise = np.random.default_rng(5).integers(0, 256, (150, 150, 3)).astype(np.uint8)
    for picture in (noise, np.zeros_like(noise)):
        ours = loaded(Precision.FP32).of_chip(picture)
        assert np.abs(ours - np.array(network.compute_face_descriptor(picture))).max() < 1e-5


def test_eight_bits_stay_near_and_keep_strangers_apart(
    chips: list[NDArray[np.uint8]], dlibs_own: list[NDArray[np.float64]]
) -> None:
    ours = [loaded(Precision.INT8).of_chip(chip) for chip in chips]
    assert max(np.linalg.norm(a - b) for a, b in zip(ours, dlibs_own, strict=True)) < MEASURED_IN_EIGHT_BITS
    assert np.linalg.norm(ours[0] - ours[1]) < 0.45 < 0.6 < np.linalg.norm(ours[0] - ours[3])


def test_the_network_is_read_whole() -> None:
    network = weights.read(models.source().read_bytes())
    assert len(network.convolutions) == 29
    assert network.matrix.shape == (256, 128)
    assert network.mean == pytest.approx([122.782, 117.001, 104.298], abs=1e-3)
    assert network.convolutions[0].weights.shape == (32, 3, 7, 7)
    assert [layer.weights.shape[0] for layer in network.convolutions if layer.stride == 2] == [32, 64, 128, 256, 256]


@pytest.mark.parametrize("data", [b"", b"\x00" * 4096, b"\x01\x15input_rgb_image_sized"])
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(weights.WrongFile, match="not dlib"):
        weights.read(data)


def test_a_file_that_is_cut_off_is_refused() -> None:
    with pytest.raises(weights.WrongFile):
        weights.read(models.source().read_bytes()[:9_000_000])


def test_weights_of_an_unknown_release_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "changed.dat"
    changed.write_bytes(models.source().read_bytes()[:-1] + b"\x07")
    monkeypatch.setattr(models, "source", lambda: changed)
    with pytest.raises(weights.WrongFile, match=r"changed\.dat is not the file"):
        models.dlib_model(Precision.FP32, None)


def test_the_graph_is_written_once_for_each_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = models.dlib_model(Precision.INT8, tmp_path / "models")
    assert isinstance(kept, Path)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    monkeypatch.setattr(models, "source", lambda: tmp_path / "gone.dat")
    assert models.dlib_model(Precision.INT8, tmp_path / "models") == kept


def test_other_ranges_make_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = models.dlib_model(Precision.INT8, tmp_path)
    monkeypatch.setattr(models, "RANGES", tmp_path / "ranges.json")
    (tmp_path / "ranges.json").write_text(Path(models.__file__).with_name("ranges.json").read_text() + " ")
    assert models.dlib_model(Precision.INT8, tmp_path) != one


def test_several_processes_may_write_it_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from proctoring.faces.embedders import Dlib, Precision; "
        "import numpy as np; Dlib(Precision.INT8, Path(sys.argv[1])).of_chip(np.zeros((150, 150, 3), np.uint8))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert [process.wait() for process in [subprocess.Popen(command) for _ in range(2)]] == [0, 0]
    assert len(list(tmp_path.iterdir())) == 1
