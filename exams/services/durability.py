"""What an acknowledged answer rests on: whether the database keeps what it has committed when the power fails."""

from django.db import connection
from django.utils.translation import gettext as _

SYNC_FULL = 2  # PRAGMA synchronous; 3 is EXTRA
FLUSHES = {"on", "local", "remote_write", "remote_apply"}  # all of them write to this machine's disk before the answer


def faults() -> list[str]:
    """Return one sentence for each setting, in force on the live connection, that lets committed answers be lost."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')")
            return _postgresql(dict(cursor.fetchall()))
        cursor.execute("PRAGMA synchronous")
        synchronous = cursor.fetchone()[0]
        cursor.execute("PRAGMA journal_mode")
        return _sqlite(synchronous, cursor.fetchone()[0])


def _postgresql(settings: dict[str, str]) -> list[str]:
    found = []
    if settings["fsync"] != "on":
        found.append(_("PostgreSQL 的 fsync 已关闭：断电时，已确认保存的作答可能丢失。请设为 on 并重启 PostgreSQL。"))
    if settings["synchronous_commit"] not in FLUSHES:
        found.append(_("PostgreSQL 的 synchronous_commit 已关闭：断电时，已确认保存的作答可能丢失。请设为 on。"))
    return found


def _sqlite(synchronous: int, journal_mode: str) -> list[str]:
    found = []
    if synchronous < SYNC_FULL:
        found.append(_("SQLite 的 synchronous 低于 FULL：断电时，已确认保存的作答可能丢失。"))
    if journal_mode.lower() != "wal":
        found.append(_("SQLite 没有使用 WAL 日志：保存作答会与读取互相等待。请把数据目录放在本机磁盘上。"))
    return found
