"""Pictures of a list in, described faces out, on all cores; whoever yields no face is counted, never dropped."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from proctoring.faces.comparisons import Faces
from proctoring.faces.images import Unreadable, enlarged
from proctoring.faces.observation import Descriptor, PhotoReport
from proctoring.faces.pairs import Fault, Picture, Wrong

Describe = Callable[[bytes], PhotoReport]


@dataclass(frozen=True, eq=False)
class Gathered:
    """Described faces with the group of each person (no groups: empty), and what came of the other pictures."""

    faces: Faces
    groups: tuple[str, ...]
    pictures: Counter[str]  # of each group, as listed
    failures: dict[str, Counter[str]]  # failure to acquire: of each group, by what was seen instead of one face
    faults: list[Fault] = field(default_factory=list)


def gather(
    pictures: Sequence[Picture], describe: Describe, at_once: int, progress: Callable[[int], object]
) -> Gathered:
    """Describe every picture, several at once."""
    found: list[tuple[Picture, Descriptor]] = []
    faults: list[Fault] = []
    failures: dict[str, Counter[str]] = {picture.group: Counter() for picture in pictures}

    def look(picture: Picture) -> PhotoReport | Fault:
        try:
            return describe(enlarged(picture.path.read_bytes()))
        except (OSError, Unreadable) as error:
            return Fault(picture.line, Wrong.UNREADABLE, f"{picture.path.name}: {error}")

    with ThreadPoolExecutor(at_once) as threads:
        for picture, seen in zip(pictures, threads.map(look, pictures), strict=True):
            progress(1)
            if isinstance(seen, Fault):
                faults.append(seen)
            elif seen.descriptor is None:
                failures[picture.group][seen.hint.value] += 1
            else:
                found.append((picture, seen.descriptor))
    names = sorted({picture.person for picture, _ in found})
    group_of = {picture.person: picture.group for picture, _ in found}
    number = {name: at for at, name in enumerate(names)}
    vectors = np.array([descriptor for _, descriptor in found], np.float32).reshape(len(found), -1)
    persons = np.array([number[picture.person] for picture, _ in found], np.intp)
    groups = tuple(group_of[name] for name in names)
    return Gathered(
        faces=Faces(vectors, persons),
        groups=groups if any(groups) else (),
        pictures=Counter(picture.group for picture in pictures),
        failures=failures,
        faults=faults,
    )
