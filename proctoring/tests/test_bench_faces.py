"""The bench measures real work, in one run, and says the figures that were asked for."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from proctoring.faces import bench_frames, embedders, engine
from proctoring.faces.engine import Hint
from proctoring.tests import scenes


def bench(*arguments: str) -> str:
    out = StringIO()
    call_command("bench_faces", "--clips", "1", "--seconds", "1", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_figures_are_those_of_the_configuration_in_use() -> None:
    before = embedders.chosen()
    figures = json.loads(bench("--json"))
    first = ["naive_ms", "ours_ms", "ratio", "descriptor_max_difference", "candidates_per_core", "rss_mb", "details"]
    assert list(figures) == first
    ours = figures["details"]["sizes"]["640x480"]["ours"]
    assert figures["ours_ms"] == ours[figures["details"]["default"]]["ms"]
    assert figures["ratio"] == pytest.approx(figures["naive_ms"] / figures["ours_ms"], rel=0.02)
    assert figures["descriptor_max_difference"] < 1e-5 < ours["int8"]["descriptor_max_difference"]
    assert ours["int8"]["near_ms"] < ours["int8"]["whole_ms"]
    assert figures["details"]["pool"]["frames_per_second"] > 0
    assert embedders.chosen() == before


@pytest.mark.parametrize("size", bench_frames.SIZES)
def test_portraits_become_frames_in_which_one_person_sits(size: tuple[int, int]) -> None:
    clips = bench_frames.clips(bench_frames.PORTRAITS, size, most=4)
    assert len(clips) == 4
    for clip in clips:
        observation = engine.observe(clip[0])
        assert (observation.width, observation.height) == size
        assert observation.hint is Hint.OK
        assert len(set(clip)) == bench_frames.FRAMES_A_CLIP


def test_a_recorded_clip_is_measured_as_it_is(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mjpeg"
    frames = [scenes.frame("obama", shift=shift) for shift in range(10)]
    clip.write_bytes(b"".join(frames))
    (read,) = bench_frames.clips(clip, (640, 480), most=3)
    assert read == [frames[0], frames[7]]
    (small,) = bench_frames.clips(tmp_path, (320, 240), most=3)
    assert engine.observe(small[0]).width == 320


def test_a_folder_without_faces_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "wall.jpg").write_bytes(scenes.frame())
    (tmp_path / "notes.jpg").write_text("no picture")
    with pytest.raises(CommandError, match="holds no picture of a face"):
        bench("--frames", str(tmp_path))
    with pytest.raises(CommandError, match="There is no"):
        bench("--frames", str(tmp_path / "nowhere"))
