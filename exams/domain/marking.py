"""Marks objective responses. `Key` is the only value that holds right answers; no candidate view imports it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ZERO = Decimal(0)
CENT = Decimal("0.01")


class Rule(StrEnum):
    """How a multiple-choice question is scored; a wrong option always gives nothing."""

    ALL_OR_NOTHING = "all_or_nothing"  # 全对得分
    SHARE = "share"  # 少选按比例得分
    HALF = "half"  # 少选得一半分


@dataclass(frozen=True, slots=True)
class Key:
    """The right options of one question, what it is worth, and the rule for several right options."""

    right: frozenset[str]
    points: Decimal
    rule: Rule = Rule.ALL_OR_NOTHING


def mark(key: Key, chosen: Iterable[str]) -> Decimal:
    """Return the points for a response, rounded half up to a cent; unanswered or wrong gives nothing."""
    picked = frozenset(chosen)
    if not picked or picked - key.right:
        return ZERO
    if picked == key.right:
        return key.points
    match key.rule:
        case Rule.SHARE:
            share = key.points * len(picked) / len(key.right)
        case Rule.HALF:
            share = key.points / 2
        case _:
            share = ZERO
    return share.quantize(CENT, ROUND_HALF_UP)
