"""A small picture of a frame, for the wall and the trail of a sitting: enough to see who is there, cheap to keep."""

import cv2

from proctoring.faces.images import FRAME, Fault, Unreadable, decode

SIDE = 160  # px: the longer side
QUALITY = 70  # some 4 kB a picture


def thumbnail(jpeg: bytes) -> bytes:
    """Return the frame as a JPEG of at most 160 px a side; raise Unreadable where it is no picture.

    A frame of 640 px is scaled down while it is decoded, which takes a third of a millisecond.
    """
    rgb = decode(jpeg, FRAME, most_side=SIDE)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise Unreadable(Fault.DAMAGED, "the encoder gave up")
    return data.tobytes()
