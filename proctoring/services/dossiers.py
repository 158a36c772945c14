"""Dossiers: what is known of a sitting at one moment, written down for an appeal and never changed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from exams.models import ReferencePhoto, Sitting
from proctoring.domain.dossier import canonical, digest_of
from proctoring.models import Dossier, Snapshot


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a dossier is what it was: its own digest, and the pictures that it names."""

    is_intact: bool
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # deleted on their day, or by a replaced photo

    @property
    def is_good(self) -> bool:
        return self.is_intact and not self.changed


@transaction.atomic
def draw_up(sitting: Sitting, content: Mapping[str, Any], *, by: AbstractBaseUser, now: datetime) -> Dossier:
    """Write a dossier down."""
    data = canonical(content)
    return Dossier.objects.create(sitting=sitting, content=data, digest=digest_of(data), made_by_id=by.pk, made_at=now)


def content_of(dossier: Dossier) -> dict[str, Any]:
    """Return what a dossier says."""
    content: dict[str, Any] = json.loads(dossier.content)
    return content


def check(dossier: Dossier) -> Check:
    """Compute the digests anew, of the dossier and of the pictures that are still stored."""
    content = content_of(dossier)
    changed, missing = [], []
    for name, known, stored in _pictures(content):
        if stored is None:
            missing.append(name)
        elif digest_of(stored) != known:
            changed.append(name)
    return Check(digest_of(dossier.content) == dossier.digest, changed, missing)


def _pictures(content: Mapping[str, Any]) -> Iterable[tuple[str, str, bytes | None]]:
    photos = {photo["picture"]: photo["sha256"] for photo in content["photos"]}
    snapshots = {picture["picture"]: picture["sha256"] for picture in content["pictures"]}
    kept_photos = {one.pk: bytes(one.data) for one in ReferencePhoto.objects.filter(pk__in=photos)}
    kept_snapshots = {one.pk: bytes(one.data) for one in Snapshot.objects.filter(pk__in=snapshots)}
    yield from ((f"reference {pk}", digest, kept_photos.get(pk)) for pk, digest in photos.items())
    yield from ((f"snapshot {pk}", digest, kept_snapshots.get(pk)) for pk, digest in snapshots.items())
