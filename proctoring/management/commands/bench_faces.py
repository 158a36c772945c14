"""Measure what a look at a face costs on this machine, beside the plain calls of face_recognition."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from proctoring.faces import bench, bench_frames

FIGURES = ("ms", "near_ms", "around_ms", "whole_ms", "ratio")  # of a way to look, in the order of the table


class Command(BaseCommand):
    help = (
        "Measure the face engine beside the plain calls of face_recognition, on the same frames in one run. "
        "The first six figures are those of the configuration in use, at 640x480, in milliseconds of one thread; "
        "descriptor_max_difference is that of the converted weights in full precision."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--frames", type=Path, default=bench_frames.PORTRAITS, help="a folder of pictures or clips")
        parser.add_argument("--clips", type=int, default=6, help="how many people to measure with at most (6)")
        parser.add_argument("--seconds", type=float, default=5.0, help="how long all cores are measured (5)")

    def handle(self, *_args: str, **options: Any) -> None:
        tell = (lambda _text: None) if options["json"] else self.stderr.write
        try:
            figures = bench.run(
                options["frames"],
                clips=max(1, options["clips"]),
                directory=settings.DATA_DIR / "models",
                seconds=max(1.0, options["seconds"]),
                tell=tell,
            )
        except bench_frames.NoFrames as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(json.dumps(figures, indent=1) if options["json"] else _table(figures))


def _table(figures: dict[str, Any]) -> str:
    details = figures["details"]
    rows: list[tuple[str, ...]] = [("", "ms", "near ms", "around ms", "whole ms", "ratio", "candidates a core")]
    for size, told in details["sizes"].items():
        rows.append((f"{size}  face_recognition", f"{told['naive_ms']:.1f}", "", "", "", "1", ""))
        for name, way in told["ours"].items():
            rows.append(
                (f"{size}  {name}", *(f"{way[figure]:.1f}" for figure in FIGURES), f"{way['candidates_per_core']}")
            )
            restless = f"{way['restless_ms']:.1f}", f"{way['ratio_restless']:.1f}"
            rows.append(("   where everything changes", restless[0], "", "", "", restless[1], ""))
        rows.append((f"{size}  presence only", "", f"{told['presence_ms']:.1f}", "", "", "", ""))
    lines = [row[0].ljust(28) + "".join(cell.rjust(12) for cell in row[1:6]) + row[6].rjust(20) for row in rows]
    pool, floor = details["pool"], details["floor"]
    return "\n".join(
        [
            *lines,
            "",
            f"In use: {details['embedder']}. Greatest difference to dlib's descriptor in full precision: "
            f"{figures['descriptor_max_difference']:.1e}.",
            f"Through the pool of {pool['processes']}: {pool['frames_per_second']} frames a second, "
            f"{pool['candidates']} candidates at one frame in {bench.INTERVAL:g} s, {pool['rss_mb']} MB a worker.",
            f"Floor: the network alone is {floor['network_gigaflop']} GFLOP, {floor['network_ms']} ms at the "
            f"{floor['fp32_gigaflops']} GFLOP/s that this processor reaches with one thread.",
        ]
    )
