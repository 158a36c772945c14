"""What has changed beside the known face since it was last searched: only there can somebody new be.

A camera that stands still shows the same room again and again. Whoever comes into it changes the picture where their
face is; where nothing has changed, a search would say what the last one said. Each block is compared with what it was
*when it was last searched*, so that a slow change adds up until it is looked at.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from proctoring.faces.observation import Box

Grey = NDArray[np.uint8]

COLUMNS, ROWS = 64, 48  # blocks of the map: 10 px of a frame of 640×480
STEP, LEAST_STEP = 0.1, 4.0  # of the mean luma, and luma: a change of a block that is more than noise and compression
WINDOW: Final = 7  # blocks: the side of the smallest face that the search of a frame finds
SHARE: Final = 0.3  # of such a window: less than this changes where a person sways, more where a face has come
MARGIN: Final = 3  # blocks around what has changed, so that no face is cut
KNOWN: Final = 0.25  # of its width around the known face is its own hair and chin: too narrow for anybody else
MOST: Final = 0.75  # of the frame: from there on one search of everything costs no more


def outline(grey: Grey) -> bytes:
    """Return the luma of a grey picture (height, width) in blocks, row by row: what a whole search leaves behind."""
    return _blocks(grey).tobytes()


def to_search(grey: Grey, face: Box, searched: bytes) -> tuple[Sequence[Box], bytes]:
    """Return where to search a frame beside the face known in it, and the map as it is after that.

    `searched` is the map that the last search of the same camera left behind; places are in pixels of the frame.
    """
    height, width = grey.shape
    now, before = _blocks(grey), np.frombuffer(searched, np.uint8)
    if before.size != now.size:
        return [Box(0, 0, width, height)], now.tobytes()
    known = before.reshape(ROWS, COLUMNS).copy()
    parts = _parts(_changed(now, known, face, width / COLUMNS, height / ROWS))
    if sum((right - left) * (bottom - top) for left, top, right, bottom in parts) >= MOST * now.size:
        return [Box(0, 0, width, height)], now.tobytes()
    for left, top, right, bottom in parts:
        known[top:bottom, left:right] = now[top:bottom, left:right]
    return [_in_pixels(part, width / COLUMNS, height / ROWS) for part in parts], known.tobytes()


def _changed(now: Grey, before: Grey, face: Box, across: float, down: float) -> NDArray[np.float32]:
    """Return 1 for each block that is not what it was, 0 for the others and those of the known face."""
    step = max(LEAST_STEP, STEP * float(now.mean()))  # in a dark room a face changes little
    changed = (cv2.absdiff(now, before) > step).astype(np.float32)
    edge = KNOWN * face.width
    rows = _inside((face.top - edge) / down, (face.bottom + edge) / down)
    changed[rows, _inside((face.left - edge) / across, (face.right + edge) / across)] = 0
    return changed


def _parts(changed: NDArray[np.float32]) -> list[tuple[int, int, int, int]]:
    """Return the rectangles (left, top, right, bottom, in blocks) around each place where a face may have come."""
    share = cv2.boxFilter(changed, -1, (WINDOW, WINDOW), borderType=cv2.BORDER_CONSTANT)
    reach = WINDOW + 2 * MARGIN
    busy = cv2.dilate((share >= SHARE).astype(np.uint8), np.ones((reach, reach), np.uint8))
    _, _, parts, _ = cv2.connectedComponentsWithStats(busy, connectivity=8)
    return [(int(left), int(top), int(left + wide), int(top + tall)) for left, top, wide, tall, _ in parts[1:]]


def _blocks(grey: Grey) -> Grey:
    return np.asarray(cv2.resize(grey, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _inside(least: float, most: float) -> slice:
    """Return the blocks that lie wholly between two edges."""
    return slice(max(0, int(np.ceil(least))), max(0, int(most)))


def _in_pixels(part: tuple[int, int, int, int], across: float, down: float) -> Box:
    left, top, right, bottom = part
    return Box(int(left * across), int(top * down), round(right * across), round(bottom * down))
