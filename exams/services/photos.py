"""Reference photos: looked at before they are taken in, stored with a reason and a last day, never overwritten."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import PurePosixPath

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.encryption import keyed_digest
from accounts.services import lookup_of
from exams import seams
from exams.importers.columns import CANDIDATES, PHOTOS_TITLE
from exams.importers.normalised import Fault, Photo, PlanPackage, Refused
from exams.models import Enrolment, Exam, ReferencePhoto
from exams.services.ledger import CREATED, UNCHANGED, UPDATED, Ledger, already_begun

LONGEST_SIDE = 1280  # pixels: a face in a portrait needs far less
QUALITY = 90
PHOTO_FIELD = "photo_file"

Progress = Callable[[str, int, int], None]


def expiry_of(exam: Exam) -> datetime:
    """Return the day on which the reference photos of an exam are deleted."""
    return exam.closes_at + timedelta(days=settings.REFERENCE_PHOTO_DAYS)


def normalised(picture: bytes) -> bytes:
    """Return a picture as an upright JPEG of bearable size, without what cameras write into files (place, device)."""
    with Image.open(BytesIO(picture), formats=("JPEG", "PNG")) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode in {"RGBA", "LA", "P", "PA"}:
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright.convert("RGBA"))
        plain = upright.convert("RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    plain.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def digest_of(picture: bytes) -> str:
    """Return the keyed digest by which the same file is known again."""
    return keyed_digest(hashlib.sha256(picture).hexdigest(), purpose="reference_photo")


def look_at(photos: Sequence[Photo], progress: Progress) -> list[Fault]:
    """Return what is wrong with the pictures that are new: no face, several faces.

    Threads keep all verifier processes busy; what they find comes back in the order of the photos.
    """
    faults: list[Fault] = []
    look = partial(_look_at, known=_known_digests(), language=translation.get_language())
    with ThreadPoolExecutor(_verifier_processes() + 1) as threads:
        for done, found in enumerate(threads.map(look, photos), start=1):
            faults += found
            progress(_("识别照片中的人脸"), done, len(photos))
    return faults


def _look_at(photo: Photo, known: AbstractSet[str], language: str | None) -> list[Fault]:
    with translation.override(language):  # a thread begins in the default language
        try:
            picture = photo.load()
            reasons = [] if digest_of(picture) in known else seams.faults_of_photo(normalised(picture))
        except Refused as refused:
            reasons = [fault.reason for fault in refused.faults]
        except (OSError, ValueError, SyntaxError):
            reasons = [_("这张照片无法打开，请更换。")]
        return [_fault(photo, reason) for reason in reasons]


def _verifier_processes() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return settings.VERIFIER_PROCESSES or cores


def _known_digests() -> set[str]:
    """Return the digests of pictures that were found good before, in whatever plan."""
    return set(ReferencePhoto.objects.values_list("digest", flat=True))


def _fault(photo: Photo, reason: str) -> Fault:
    name = PurePosixPath(photo.file).name
    if photo.row is None:
        return Fault(PHOTOS_TITLE, None, name, reason)
    column = next(column.title for column in CANDIDATES.columns if column.field == PHOTO_FIELD)
    return Fault(CANDIDATES.title, photo.row, column, f"{name}: {reason}")


def settle(package: PlanPackage, exams: Mapping[str, Exam], ledger: Ledger, now: datetime, progress: Progress) -> None:
    """Store each picture with every enrolment of its person in these exams; with faults, only look for more of them."""
    owned = [photo for photo in package.photos if photo.row is not None]
    store_them = not ledger.faults
    people = {lookup_of(photo.id_number) for photo in owned}
    enrolments: dict[str, list[Enrolment]] = {person: [] for person in people}
    mine = Enrolment.objects.filter(exam__in=[exam.pk for exam in exams.values()])
    for enrolment in mine.select_related("candidate", "exam", "sitting").prefetch_related("photos"):
        if enrolment.candidate.id_lookup in enrolments:
            enrolments[enrolment.candidate.id_lookup].append(enrolment)
    for done, photo in enumerate(owned, start=1):
        _settle_photo(photo, enrolments[lookup_of(photo.id_number)], ledger, now, store_it=store_them)
        progress(_("保存照片"), done, len(owned))


def _settle_photo(photo: Photo, enrolments: list[Enrolment], ledger: Ledger, now: datetime, *, store_it: bool) -> None:
    picture = photo.load()
    digest = digest_of(picture)
    stored = b""
    for enrolment in enrolments:
        there = [one for one in enrolment.photos.all() if one.position == photo.index]
        if any(one.digest == digest for one in there):
            ledger.counts[_("照片")][UNCHANGED] += 1
            continue
        sitting = getattr(enrolment, "sitting", None)
        if sitting is not None and sitting.started_at is not None:
            ledger.faults.append(_fault(photo, already_begun(enrolment.exam.code)))
            continue
        if not store_it:
            continue
        stored = stored or normalised(picture)
        old = [one.pk for one in there if one.source == ReferencePhoto.Source.IMPORTED]
        ReferencePhoto.objects.in_force().filter(pk__in=old).update(retired_at=now)
        store(enrolment, stored, position=photo.index, digest=digest, source=ReferencePhoto.Source.IMPORTED)
        ledger.counts[_("照片")][UPDATED if there else CREATED] += 1


def store(enrolment: Enrolment, picture: bytes, *, position: int, digest: str, source: str) -> ReferencePhoto:
    """Keep a normalised picture, and tell those who prepare it as soon as it is committed."""
    photo = ReferencePhoto.objects.create(
        enrolment=enrolment,
        data=picture,
        position=position,
        digest=digest,
        source=source,
        reason=_("报名时提供的底照，用于考试身份核验"),
        expires_at=expiry_of(enrolment.exam),
    )
    transaction.on_commit(lambda: _announce(photo), robust=True)
    return photo


def _announce(photo: ReferencePhoto) -> None:
    for told in seams.photo_stored.checks:
        told(photo)
