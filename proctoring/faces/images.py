"""Bytes in, pixels out: every limit is checked on the header, before a single pixel is decoded."""

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_EXIF = b"Exif\x00\x00"
_NEAR_THE_TOP = 4096  # bytes: where an EXIF segment begins, behind the header of the file at most
_MOST_SCANS = 64  # a progressive picture has about ten; thousands of empty ones keep a decoder busy for minutes


class Fault(StrEnum):
    """Why a picture was refused; the words for people belong to whoever shows it."""

    NOT_A_PICTURE = "not_a_picture"
    DAMAGED = "damaged"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"


class Unreadable(ValueError):
    """A picture that cannot be used, with the reason as a code and in a line for the log."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(fault, detail)  # both, so that it survives the way back from a worker process
        self.fault = fault
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted: bytes, pixels a side, pixels in all, and the first bytes of the formats."""

    most_bytes: int
    least_side: int
    most_side: int
    most_pixels: int
    formats: frozenset[bytes]


FRAME = Limits(
    most_bytes=400 * 1024,
    least_side=120,
    most_side=1280,
    most_pixels=1280 * 1280,
    formats=frozenset({_JPEG}),
)
PHOTO = Limits(
    most_bytes=8 * 1024 * 1024,
    least_side=80,
    most_side=8192,
    most_pixels=50_000_000,
    formats=frozenset({_JPEG, _PNG}),
)

TINY_PHOTO = replace(PHOTO, least_side=24)  # of research sets: measured after enlarging, never taken as a reference


def enlarged(data: bytes) -> bytes:
    """Return a picture of a research set as large as a photo must be, at least; raise Unreadable as `decode` does."""
    least = min(size(data, TINY_PHOTO))
    if least >= PHOTO.least_side:
        return data
    scale = PHOTO.least_side / least
    larger = cv2.resize(decode(data, TINY_PHOTO), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    done, png = cv2.imencode(".png", cv2.cvtColor(larger, cv2.COLOR_RGB2BGR))
    if not done:
        raise Unreadable(Fault.DAMAGED, "the picture could not be enlarged")
    return png.tobytes()


def decode(data: bytes, limits: Limits = FRAME, *, most_side: int | None = None) -> NDArray[np.uint8]:
    """Return the picture as RGB uint8 (height, width, 3), turned upright by its EXIF; raise Unreadable otherwise.

    With `most_side` a larger picture is scaled down to it, a JPEG while it is decoded (a large photo then costs
    a sixteenth of the memory).
    """
    width, height = size(data, limits)
    flag = _reduction(max(width, height), most_side)
    if flag == cv2.IMREAD_COLOR and (pixels := _quickly(data)) is not None:
        return np.asarray(_shrunk(pixels, most_side), dtype=np.uint8)
    return np.asarray(_shrunk(_carefully(data, flag), most_side), dtype=np.uint8)


def _quickly(data: bytes) -> NDArray[np.uint8] | None:
    """Decode a plain JPEG, in half the time; None for what needs OpenCV: turned by its EXIF, CMYK, PNG, damaged."""
    if not data.startswith(_JPEG) or _EXIF in data[:_NEAR_THE_TOP]:
        return None
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, "RGB"), dtype=np.uint8)
    except ValueError:
        return None


def _carefully(data: bytes, flag: int) -> cv2.typing.MatLike:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except (cv2.error, MemoryError) as error:
        raise Unreadable(Fault.DAMAGED, "the decoder gave up") from error
    if pixels is None:
        raise Unreadable(Fault.DAMAGED, "the decoder found no picture")
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def size(data: bytes, limits: Limits = FRAME) -> tuple[int, int]:
    """Return (width, height) as the header states them, or raise Unreadable where a limit is broken."""
    if len(data) > limits.most_bytes:
        raise Unreadable(Fault.TOO_MANY_BYTES, f"{len(data)} bytes, at most {limits.most_bytes}")
    if _JPEG in limits.formats and data.startswith(_JPEG):
        width, height = _jpeg_size(data)
    elif _PNG in limits.formats and data.startswith(_PNG):
        width, height = _png_size(data)
    else:
        raise Unreadable(Fault.NOT_A_PICTURE, "neither the first bytes of a JPEG nor of another accepted format")
    if max(width, height) > limits.most_side or width * height > limits.most_pixels:
        raise Unreadable(Fault.TOO_LARGE, f"{width}x{height} pixels, at most {limits.most_side} a side")
    if min(width, height) < limits.least_side:
        raise Unreadable(Fault.TOO_SMALL, f"{width}x{height} pixels, at least {limits.least_side} a side")
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int]:
    width, height, scan = _jpeg_frame(data)
    if data.find(_END_OF_IMAGE, scan) < 0:
        raise Unreadable(Fault.DAMAGED, "the JPEG is cut off")
    if data.count(bytes((0xFF, _START_OF_SCAN)), scan) > _MOST_SCANS:
        raise Unreadable(Fault.DAMAGED, "the JPEG has too many scans")
    return width, height


def _jpeg_frame(data: bytes) -> tuple[int, int, int]:
    """Walk the segments up to the first scan (ITU T.81, B.1.1); return width, height and where to look for scans."""
    at, end = 2, len(data)
    while at + 4 <= end and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker in _START_OF_FRAME and at + 9 <= end:
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            return width, height, at + 2 + length
        if marker == _START_OF_SCAN or length < 2:
            break
        at += 2 + length
    raise Unreadable(Fault.DAMAGED, "the JPEG has no frame header")


def _png_size(data: bytes) -> tuple[int, int]:
    if len(data) < 24 or data[12:16] != b"IHDR":
        raise Unreadable(Fault.DAMAGED, "the PNG has no header")
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _reduction(side: int, most_side: int | None) -> int:
    """Pick the largest reduction that still leaves at least `most_side` pixels."""
    if most_side:
        for factor, flag in (
            (8, cv2.IMREAD_REDUCED_COLOR_8),
            (4, cv2.IMREAD_REDUCED_COLOR_4),
            (2, cv2.IMREAD_REDUCED_COLOR_2),
        ):
            if side >= factor * most_side:
                return flag
    return cv2.IMREAD_COLOR


def _shrunk(rgb: cv2.typing.MatLike, most_side: int | None) -> cv2.typing.MatLike:
    height, width = rgb.shape[:2]
    if not most_side or max(height, width) <= most_side:
        return rgb
    scale = most_side / max(height, width)
    return cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
