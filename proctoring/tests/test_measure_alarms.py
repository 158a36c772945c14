"""The command that measures false alarms and swaps, on the repository's own two persons."""

import json
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command

from proctoring.domain.alarm_rates import Swaps
from proctoring.faces import engine, stage
from proctoring.faces.engine import Hint
from proctoring.tests import scenes


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = ["path,person,group"]
    for name, person in (("obama", "A"), ("obama2", "A"), ("biden", "B"), ("biden-again", "B")):
        (tmp_path / f"{name}.jpg").write_bytes(scenes.photo(name.removesuffix("-again")))
        rows.append(f"{name}.jpg,{person},office")
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(rows))
    return path


def test_staged_frames_show_the_face_and_no_two_are_alike() -> None:
    frames = list(stage.frames(scenes.photo("obama2"), 3, Random(1)))
    assert len(set(frames)) == 3
    assert all(engine.observe(frame).hint is Hint.OK for frame in frames)


@pytest.mark.django_db
def test_two_persons_sit_quietly_and_take_each_others_place(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("measure_alarms", pairs=pairs, frames=6, hours=1.0, json=True)
    report = json.loads(capsys.readouterr().out)
    assert (report["persons_chosen"], report["persons_used"]) == (2, 2)
    everybody = report["groups"][0]
    assert everybody["same_day"]["alarms"] == {}
    assert everybody["same_day"]["per_ten_hours_at_most"] == pytest.approx(15.0, abs=0.1)
    assert everybody["swaps"] == everybody["swaps"] | {"played": 2, "noticed": 2, "within_10_s": 1.0}


def test_a_list_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("measure_alarms", pairs=tmp_path / "nothing.csv")
    (tmp_path / "wrong.csv").write_text("picture,name\na.jpg,A\n")
    with pytest.raises(CommandError, match="columns path and person"):
        call_command("measure_alarms", pairs=tmp_path / "wrong.csv")


def test_shares_and_quantiles_of_nothing_are_nothing() -> None:
    assert (Swaps(0, ()).within(10), Swaps(0, ()).quantile(0.5)) == (0.0, None)
    assert Swaps(4, (5.0, 8.0, 12.0)).within(10) == 0.5
