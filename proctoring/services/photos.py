"""Reference photos as the seams of exams ask about them: is there one face on it, and what are its numbers?"""

import hashlib
import logging
from collections import OrderedDict
from threading import Lock

from exams.models import ReferencePhoto
from proctoring import verifier, wording
from proctoring.faces.engine import Hint, PhotoReport, Unreadable
from proctoring.services import identity
from proctoring.verifier import VerifierBusy, VerifierFailed

log = logging.getLogger(__name__)

_REMEMBERED = 4096  # reports of an import, so that no photo is looked at twice: about 1 KB each
_reports: OrderedDict[bytes, PhotoReport] = OrderedDict()
_lock = Lock()


def fault_of(image: bytes) -> str | None:
    """Return why a photo cannot serve as a reference, in words for the organizer, or None."""
    try:
        report = _report(image)
    except Unreadable as error:
        return str(wording.PHOTO_FAULTS[error.fault])
    except (VerifierBusy, VerifierFailed):
        return str(wording.PHOTO_UNCHECKED)
    return None if report.hint is Hint.OK else str(wording.PHOTO_HINTS[report.hint])


def prepare(photo: ReferencePhoto) -> None:
    """Make the template of a stored photo; without one the candidate is treated as having no reference."""
    try:
        report = _report(bytes(photo.data))
    except (Unreadable, VerifierBusy, VerifierFailed) as error:
        log.warning("Reference photo %s has no template: %s", photo.pk, type(error).__name__)
        return
    if report.descriptor is not None:
        identity.store_template(photo, report.descriptor)


def _report(image: bytes) -> PhotoReport:
    key = hashlib.sha256(image).digest()
    with _lock:
        known = _reports.get(key)
    if known is not None:
        return known
    report = verifier.verifier().describe_photo_now(image)
    with _lock:
        _reports[key] = report
        while len(_reports) > _REMEMBERED:
            _reports.popitem(last=False)
    return report
