"""Descriptors of known persons in, distances of right and wrong pairs out: what error rates are counted on.

A comparison sets the mean of some photos of one person against the mean of some frames of the same person (genuine) or
of another (impostor). No picture stands on both sides of a genuine comparison.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Descriptor = NDArray[np.float64]
Vectors = NDArray[np.float32]
Distances = NDArray[np.float32]
Indices = NDArray[np.intp]
Chosen = NDArray[np.bool_]
Split = tuple[tuple[int, ...], tuple[int, ...]]

NEIGHBOURS = 20  # the nearest other persons that tell how crowded the surroundings of a face are
SPLITS = 10  # comparisons of one person with themselves, at most, where several pictures are averaged
TRIES = 40
ROWS = 512  # of a block: 512 × 10 000 distances are 20 MB
SEED = 20_260_101  # which pictures are averaged together is drawn by lot, the same lot each time


@dataclass(frozen=True, slots=True)
class Shape:
    """How many pictures are averaged on each side."""

    photos: int
    frames: int

    @property
    def is_single(self) -> bool:
        return self.photos == self.frames == 1


ONE_ONE, THREE_ONE, THREE_THREE = SHAPES = (Shape(1, 1), Shape(3, 1), Shape(3, 3))


@dataclass(frozen=True, eq=False)
class Faces:
    """Described pictures: vectors (n, size), and for each the number of its person, counted from 0 without a gap."""

    vectors: Vectors
    persons: Indices

    @cached_property
    def count(self) -> int:
        """The number of persons."""
        return len(np.unique(self.persons))

    @cached_property
    def of_person(self) -> list[Indices]:
        """The pictures of each person, in an order drawn by lot."""
        lot = np.random.default_rng(SEED)
        return [lot.permutation(np.flatnonzero(self.persons == person)) for person in range(self.count)]

    @cached_property
    def nearest(self) -> "Nearest":
        """The nearest other persons of each picture."""
        return nearest_others(self)


@dataclass(frozen=True, eq=False)
class Side:
    """One side of all comparisons: whose they are, and which pictures (m, k) are averaged in each."""

    persons: Indices
    pictures: Indices

    def means(self, faces: Faces) -> Vectors:
        """Return the mean descriptors (m, size)."""
        return np.asarray(faces.vectors[self.pictures].mean(axis=1), np.float32)


@dataclass(frozen=True, eq=False)
class Genuine:
    """Distances of persons to themselves, and whose they are."""

    distances: Distances
    persons: Indices


class Comparisons:
    """All comparisons of one shape.

    `normalised` takes from each distance how near the photos have their neighbours: a threshold for such scores is
    a threshold of its own for each candidate.
    """

    def __init__(self, faces: Faces, shape: Shape, *, normalised: bool = False) -> None:
        self.faces, self.shape, self.normalised = faces, shape, normalised
        self.photos = _side(faces, shape.photos, last=False)
        self.frames = self.photos if shape.is_single else _side(faces, shape.frames, last=True)

    @property
    def is_one_way(self) -> bool:
        """Tell whether each pair of pictures is compared once, not from both sides."""
        return self.shape.is_single and not self.normalised

    @cached_property
    def genuine(self) -> Genuine:
        """Every pair of pictures of a person or, where several are averaged, up to `SPLITS` ways to share them out."""
        halves = [(person, split) for person in range(self.faces.count) for split in self._splits(person)]
        if not halves:
            return Genuine(np.zeros(0, np.float32), np.zeros(0, np.intp))
        persons = np.array([person for person, _ in halves])
        photos, frames = (Side(persons, np.array([split[at] for _, split in halves])) for at in (0, 1))
        apart = np.linalg.norm(photos.means(self.faces) - frames.means(self.faces), axis=1)
        if self.normalised:
            apart = apart - self.faces.nearest.mean[photos.pictures].mean(axis=1)
        return Genuine(np.asarray(apart, np.float32), persons)

    def impostors(self) -> Iterator[tuple[Distances, Indices, Indices]]:
        """Yield (distances, persons of the photos, persons of the frames) in blocks."""
        photos, frames = self.photos.means(self.faces), self.frames.means(self.faces)
        columns = np.arange(len(frames))
        for start in range(0, len(photos), ROWS):
            rows = slice(start, start + ROWS)
            block = distances(photos[rows], frames)
            if self.normalised:
                crowding = self.faces.nearest.without(self.photos.pictures[rows], self.faces.count)
                block -= crowding[:, self.frames.persons]
            ones, others = self.photos.persons[rows, None], self.frames.persons[None, :]
            wanted = ones != others
            if self.is_one_way:
                wanted &= columns[rows, None] < columns[None, :]
            yield (
                block[wanted],
                np.broadcast_to(ones, wanted.shape)[wanted],
                np.broadcast_to(others, wanted.shape)[wanted],
            )

    def _splits(self, person: int) -> list[Split]:
        own = [int(picture) for picture in self.faces.of_person[person]]
        photos, frames = self.shape.photos, self.shape.frames
        if self.shape.is_single:
            return [((one,), (other,)) for at, one in enumerate(own) for other in own[:at]]
        if len(own) < photos + frames:
            return []
        lot = np.random.default_rng((SEED, person))
        splits: dict[Split, None] = {}
        for _ in range(TRIES):
            drawn = [int(picture) for picture in lot.permutation(own)]
            one, other = tuple(sorted(drawn[:photos])), tuple(sorted(drawn[photos : photos + frames]))
            splits[(min(one, other), max(one, other)) if photos == frames else (one, other)] = None
            if len(splits) == SPLITS:
                break
        return list(splits)


# --- surroundings ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest other persons of each face: their distances and numbers (n, k), nearest first, one to spare."""

    distances: Distances
    persons: Indices

    @property
    def count(self) -> int:
        return int(self.distances.shape[1]) - 1

    @property
    def mean(self) -> Distances:
        """How far the nearest others are on average (n,): little in a crowd of similar faces."""
        return np.asarray(self.distances[:, : self.count].mean(axis=1), np.float32)

    def without(self, pictures: Indices, count: int) -> Distances:
        """Return that mean, over the pictures (m, k) of each row, as if the person compared with were not there.

        The answer (m, count) has a column for each person.
        """
        crowding = np.zeros((len(pictures), count), np.float32)
        for column in pictures.T:
            near, whose = self.distances[column], self.persons[column]
            one = np.repeat(self.mean[column, None], count, axis=1)
            spared = (near.sum(axis=1, keepdims=True) - near[:, :-1]) / self.count
            np.put_along_axis(one, whose[:, :-1], spared.astype(np.float32), axis=1)
            crowding += one
        return crowding / np.float32(pictures.shape[1])


def nearest_others(faces: Faces, count: int = NEIGHBOURS) -> Nearest:
    """Find for each picture the nearest other persons, by one picture of each; fewer where there are fewer."""
    cohort = np.array([pictures[0] for pictures in faces.of_person], np.intp)
    count = min(count, len(cohort) - 2)
    if count < 1:
        none = np.zeros((len(faces.vectors), 2), np.float32)
        return Nearest(none, none.astype(np.intp))
    found, whose = [], []
    for start in range(0, len(faces.vectors), ROWS):
        rows = slice(start, start + ROWS)
        block = distances(faces.vectors[rows], faces.vectors[cohort])
        block[faces.persons[rows, None] == faces.persons[cohort][None, :]] = np.inf
        near = np.argpartition(block, count, axis=1)[:, : count + 1]
        order = np.argsort(np.take_along_axis(block, near, axis=1), axis=1)
        near = np.take_along_axis(near, order, axis=1)
        found.append(np.take_along_axis(block, near, axis=1))
        whose.append(faces.persons[cohort][near])
    return Nearest(np.concatenate(found), np.concatenate(whose))


def distances(ones: Vectors, others: Vectors) -> Distances:
    """Return the Euclidean distances of descriptors, every one to every other."""
    squares = (ones * ones).sum(axis=1)[:, None] + (others * others).sum(axis=1)[None, :]
    return np.asarray(np.sqrt(np.maximum(squares - 2 * (ones @ others.T), 0)), np.float32)


def _side(faces: Faces, count: int, *, last: bool) -> Side:
    """Return every picture by itself, or one mean of `count` pictures for each person who has as many."""
    if count == 1:
        return Side(faces.persons, np.arange(len(faces.persons))[:, None])
    able = [person for person in range(faces.count) if len(faces.of_person[person]) >= count]
    drawn = [faces.of_person[person][-count:] if last else faces.of_person[person][:count] for person in able]
    return Side(np.array(able, np.intp), np.array(drawn, np.intp).reshape(len(able), count))
