"""What a candidate declares about their enrolment, and the photo that staff replace on the day."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from exams import queries, seams
from exams.domain.consent import VERSION
from exams.models import Consent, Correction, Enrolment, ReferencePhoto, Sitting
from exams.services import photos
from exams.services.changes import announce, record
from exams.services.refusals import Refused, require_reason
from exams.wording import sentences

CORRECTION_LENGTH = 1000
LARGEST_PHOTO = 10 * 1024 * 1024


def record_correction(enrolment: Enrolment, text: str, now: datetime) -> Correction:
    """Note what the candidate says is wrong; the same text again, not settled yet, is the same note."""
    text = text.strip()[:CORRECTION_LENGTH]
    if not text:
        raise Refused(_("请说明哪一项信息有误，以及正确的内容。"))
    same = enrolment.corrections.filter(text=text, settled_at__isnull=True).first()
    return same or Correction.objects.create(enrolment=enrolment, text=text)


@transaction.atomic
def answer_consent(enrolment: Enrolment, version: str, given: bool, now: datetime) -> Consent:
    """Note a yes or no to one version of the consent text; a changed mind is a new row, nothing is overwritten."""
    newest = enrolment.consents.filter(version=version).order_by("-at", "-pk").first()
    if newest is not None and newest.given == given:
        return newest
    consent = Consent.objects.create(enrolment=enrolment, version=version, given=given, at=now)
    vars(enrolment).pop(queries.CONSENT, None)  # what was read before
    if version == VERSION:
        vars(enrolment)[queries.CONSENT] = given
    if (sitting := Sitting.objects.filter(enrolment=enrolment).first()) is not None:
        sitting.enrolment = enrolment
        announce(sitting)
    return consent


@transaction.atomic
def replace_photo(
    enrolment: Enrolment, image: bytes, by: AbstractBaseUser, reason: str, now: datetime
) -> ReferencePhoto:
    """Put a photo in place of all others, which stay on record; the same rules as for imported ones."""
    reason = require_reason(reason)
    picture = checked_photo(image)
    enrolment.photos.in_force().update(retired_at=now)
    photo = photos.store(
        enrolment,
        picture,
        position=1,
        digest=photos.digest_of(image),
        source=ReferencePhoto.Source.STAFF.value,
    )
    if (sitting := Sitting.objects.filter(enrolment=enrolment).first()) is not None:
        record(sitting, "photo", before="", after=str(photo.pk), now=now, by=by, reason=reason)
        announce(sitting)
    return photo


def checked_photo(image: bytes) -> bytes:
    """Return a picture as it is kept; refuse one that shows no single face."""
    picture = _readable(image)
    if faults := seams.faults_of_photo(picture):
        raise Refused(sentences(faults))
    return picture


def _readable(image: bytes) -> bytes:
    """Return the picture as it is kept, or refuse what is none."""
    if len(image) > LARGEST_PHOTO:
        raise Refused(_("照片文件过大，请使用10 MB以内的照片。"))
    try:
        return photos.normalised(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(_("这张照片无法打开，请更换为JPEG或PNG格式的照片。")) from None
