"""Draws a paper: the same sections and the same seed always give the same paper."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PoolOption:
    """An option's id, and whether it keeps its place when the others are shuffled (以上都对)."""

    id: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class PoolItem:
    """A revision that may be drawn, with its points."""

    revision: int
    options: tuple[PoolOption, ...]
    points: Decimal


@dataclass(frozen=True, slots=True)
class SectionRule:
    """A section's pool and how it is drawn; `draw` None takes all of it."""

    section: int
    pool: Sequence[PoolItem]
    draw: int | None = None
    shuffle_questions: bool = False
    shuffle_options: bool = False


@dataclass(frozen=True, slots=True)
class PaperItem:
    """One question of a paper: which revision, in which section, its options in their order, its points."""

    section: int
    revision: int
    options: tuple[str, ...]
    points: Decimal


class PoolTooSmall(ValueError):
    """A section asks for more questions than its pool holds."""


def draw_paper(sections: Sequence[SectionRule], seed: str) -> tuple[PaperItem, ...]:
    """Return the questions of a paper in order; sections keep their order."""
    return tuple(item for rule in sections for item in _draw_section(rule, seed))


def _draw_section(rule: SectionRule, seed: str) -> list[PaperItem]:
    # A generator for each section, so that changing one section never moves another one's draw.
    chance = random.Random(f"{seed}/{rule.section}")  # noqa: S311 - repeatable on purpose, the seed is what is secret
    wanted = len(rule.pool) if rule.draw is None else rule.draw
    if wanted > len(rule.pool):
        raise PoolTooSmall(f"section {rule.section}: {wanted} of {len(rule.pool)}")
    places = chance.sample(range(len(rule.pool)), wanted)
    if not rule.shuffle_questions:
        places.sort()
    return [_item(rule, rule.pool[place], chance) for place in places]


def _item(rule: SectionRule, item: PoolItem, chance: random.Random) -> PaperItem:
    options = shuffled(item.options, chance) if rule.shuffle_options else tuple(option.id for option in item.options)
    return PaperItem(section=rule.section, revision=item.revision, options=options, points=item.points)


def shuffled(options: Sequence[PoolOption], chance: random.Random) -> tuple[str, ...]:
    """Return the option ids in a drawn order; fixed ones stay where they are."""
    movable = [option.id for option in options if not option.fixed]
    chance.shuffle(movable)
    order = iter(movable)
    return tuple(option.id if option.fixed else next(order) for option in options)
