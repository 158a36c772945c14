"""Draws what was measured as SVG: FNMR over FMR on two logarithmic axes, and how the distances are spread.

No style attributes and no scripts, so that the pictures may stand in a page with a strict content security policy.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any

from proctoring.faces.calibration import EVERYBODY

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 72, 616, 44, 306
INK, FAINT = "#475467", "#e4e7ec"
COLOURS = ("#1d5fd1", "#b54708", "#087443", "#7a2ea0", "#b42318", "#0e7090")
LOWEST_FNMR, LOWEST = 1e-3, -3  # a rate of nothing seen is drawn there: a logarithm has no zero

Figures = Sequence[Mapping[str, Any]]


def error_rates(rows: Figures, *, title: str, across: str, up: str) -> str:
    """Return FNMR over FMR, a line for each row (one for each group and shape) that has genuine comparisons."""
    drawn = [row for row in rows if row.get("curve") and row["curve"]["fmr"]]
    parts = [_text(LEFT, 22, title, weight="600"), *_rate_axes(across, up)]
    for at, row in enumerate(drawn):
        colour = COLOURS[at % len(COLOURS)]
        dashes = (None, "7 4", "2 3")[at // len(COLOURS) % 3]
        points = [
            (
                _at(log10(fmr), -6, 0, LEFT, RIGHT),
                _at(log10(max(fnmr, LOWEST_FNMR)), LOWEST, 0, BOTTOM, TOP),
            )
            for fmr, fnmr in zip(row["curve"]["fmr"], row["curve"]["fnmr"], strict=True)
        ]
        parts.append(_line(points, colour, dashes))
    return _picture(parts, [(name_of(row), COLOURS[at % len(COLOURS)]) for at, row in enumerate(drawn)], title)


def spread(
    row: Mapping[str, Any], *, title: str, across: str, genuine: str, impostor: str, threshold: float | None
) -> str:
    """Return the two histograms of a row over each other, each scaled to its own highest bar, and the threshold."""
    curve = row["curve"]
    edges = curve["edges"]
    low, high = edges[0], edges[-1]
    parts = [_text(LEFT, 22, title, weight="600"), _rule(LEFT, BOTTOM, RIGHT, BOTTOM)]
    for value in _steps(low, high):
        place = _at(value, low, high, LEFT, RIGHT)
        parts += [_rule(place, TOP, place, BOTTOM), _text(place, BOTTOM + 18, f"{value:g}", anchor="middle")]
    parts.append(_text((LEFT + RIGHT) / 2, BOTTOM + 38, across, anchor="middle"))
    for shares, colour in ((curve["impostor"], COLOURS[1]), (curve["genuine"], COLOURS[0])):
        most = max(shares, default=0) or 1
        for start, end, share in zip(edges[:-1], edges[1:], shares, strict=True):
            if share:
                left, right = _at(start, low, high, LEFT, RIGHT), _at(end, low, high, LEFT, RIGHT)
                tall = (BOTTOM - TOP) * share / most
                parts.append(
                    f'<rect x="{left:.1f}" y="{BOTTOM - tall:.1f}" width="{right - left:.1f}" height="{tall:.1f}"'
                    f' fill="{colour}" fill-opacity="0.45"/>'
                )
    if threshold is not None and low <= threshold <= high:
        place = _at(threshold, low, high, LEFT, RIGHT)
        parts += [_line([(place, TOP), (place, BOTTOM)], INK, "4 3"), _text(place + 4, TOP + 12, f"{threshold:.3f}")]
    return _picture(parts, [(genuine, COLOURS[0]), (impostor, COLOURS[1])], title)


def _rate_axes(across: str, up: str) -> list[str]:
    parts = []
    for power in range(-6, 1):
        place = _at(power, -6, 0, LEFT, RIGHT)
        parts += [_rule(place, TOP, place, BOTTOM), _text(place, BOTTOM + 18, _percent(power), anchor="middle")]
    for power in range(LOWEST, 1):
        place = _at(power, LOWEST, 0, BOTTOM, TOP)
        parts += [_rule(LEFT, place, RIGHT, place), _text(LEFT - 8, place + 4, _percent(power), anchor="end")]
    parts.append(_text((LEFT + RIGHT) / 2, BOTTOM + 38, across, anchor="middle"))
    middle = (TOP + BOTTOM) / 2
    parts.append(_text(16, middle, up, anchor="middle", turned=True))
    return parts


def name_of(row: Mapping[str, Any]) -> str:
    """Return what a row is called: its group, unless it is everybody, and how many pictures are compared."""
    compared = f"{row['photos']}×{row['frames']}"
    return compared if row["group"] == EVERYBODY else f"{row['group']} {compared}"


def _percent(power: int) -> str:
    return f"{10 ** (power + 2):g}%"


def _steps(low: float, high: float) -> list[float]:
    step = next(size for size in (0.05, 0.1, 0.2, 0.5, 1.0) if (high - low) / size <= 10)
    first = round(low / step)
    return [round(number * step, 2) for number in range(first, round(high / step) + 1) if low <= number * step <= high]


def _at(value: float, low: float, high: float, start: float, end: float) -> float:
    return start + (end - start) * (min(max(value, low), high) - low) / ((high - low) or 1)


def _line(points: Sequence[tuple[float, float]], colour: str, dashes: str | None = None) -> str:
    path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _rule(left: float, top: float, right: float, bottom: float) -> str:
    return f'<line x1="{left:.1f}" y1="{top:.1f}" x2="{right:.1f}" y2="{bottom:.1f}" stroke="{FAINT}"/>'


def _text(
    across: float, down: float, words: str, *, anchor: str = "start", weight: str = "400", turned: bool = False
) -> str:
    turn = f' transform="rotate(-90 {across:.1f} {down:.1f})"' if turned else ""
    return (
        f'<text x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}" font-size="12" font-weight="{weight}"'
        f' fill="{INK}"{turn}>{escape(words)}</text>'
    )


def _picture(parts: Sequence[str], legend: Sequence[tuple[str, str]], title: str) -> str:
    """Return the whole picture, with the legend below: three names in a line."""
    named = []
    for at, (name, colour) in enumerate(legend):
        across, down = LEFT + at % 3 * 184, HEIGHT + 8 + at // 3 * 20
        named += [f'<rect x="{across}" y="{down - 9}" width="16" height="8" rx="2" fill="{colour}"/>']
        named.append(_text(across + 22, down, name))
    tall = HEIGHT + 16 + -(-len(legend) // 3) * 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" role="img" aria-label="{escape(title)}"'
        f' font-family="system-ui, sans-serif"><rect width="{WIDTH}" height="{tall}" fill="#ffffff"/>'
        f"{''.join([*parts, *named])}</svg>\n"
    )
