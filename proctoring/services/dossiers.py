"""Dossiers: what is known of a sitting at one moment, written down for an appeal and never changed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from exams.models import ReferencePhoto, Sitting
from proctoring.domain.dossier import canonical, digest_of
from proctoring.models import Dossier, Snapshot, Thumbnail
from proctoring.services import evidence


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
        if not stored:
            missing.append(name)
        elif stored != known:
            changed.append(name)
    return Check(digest_of(dossier.content) == dossier.digest, changed, missing)


def _pictures(content: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    yield from _compared("reference", content["photos"], ReferencePhoto)
    yield from _compared("snapshot", content["pictures"], Snapshot)
    yield from _compared("thumbnail", content.get("trail", ()), Thumbnail)


def _compared(
    kind: str, named: Iterable[Mapping[str, Any]], model: type[ReferencePhoto] | type[Snapshot] | type[Thumbnail]
) -> Iterable[tuple[str, str, str]]:
    """Yield the name, the digest in the dossier and that of what is stored ("": nothing any more) of each picture."""
    known = {picture["picture"]: picture["sha256"] for picture in named}
    stored: QuerySet[Any] = model._default_manager.filter(pk__in=known).order_by("pk")
    found = {picture.pk: digest_of(picture.data) for picture in evidence.few_at_a_time(stored)}
    return [(f"{kind} {pk}", digest, found.get(pk, "")) for pk, digest in known.items()]
