"""How long pictures of a sitting are kept. (Reference photos: exams.services.photos.expiry_of.)"""

from datetime import datetime, timedelta


def evidence_until(taken_at: datetime, days: int) -> datetime:
    """Return when a picture is deleted: counted from when it was taken, so that no later event prolongs its life."""
    return taken_at + timedelta(days=days)
