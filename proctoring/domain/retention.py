"""How long pictures of a sitting are kept. (Reference photos: exams.services.photos.expiry_of.)

Counted from when a picture was taken, so that no later event prolongs its life.
"""

from datetime import datetime, timedelta

NEWEST = timedelta(days=1)  # only the wall shows it; overwritten every few seconds until the camera goes


def evidence_until(taken_at: datetime, days: int) -> datetime:
    """Return when a full picture, kept for an incident or a check, is deleted."""
    return taken_at + timedelta(days=days)


def trail_until(taken_at: datetime, days: int, evidence_days: int) -> datetime:
    """Return when a thumbnail of the trail is deleted: it never outlives the evidence that it gives a setting to."""
    return taken_at + timedelta(days=min(days, evidence_days))


def newest_until(taken_at: datetime) -> datetime:
    """Return when the newest thumbnail of a camera is deleted, should nothing overwrite it."""
    return taken_at + NEWEST
