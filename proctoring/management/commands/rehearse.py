"""manage.py rehearse: plays an exam with so many candidates the day before; says whether this machine carries them."""

import argparse
import json
import os
import signal
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from tqdm import tqdm

from exams.models import Exam

INSIDE = "EXAMPLATFORM_REHEARSAL"  # set for the process that finds everything made for this one run


class Command(BaseCommand):
    """Thin edge of `scripts.rehearsal`, which is no part of the servers."""

    help = "Plays a whole exam with N made-up candidates over real HTTP and websockets, measures it, leaves no trace."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what the command takes."""
        parser.add_argument("--candidates", type=_at_least_one, default=50, metavar="N")
        parser.add_argument("--drop-rate", type=_share, default=0.05, help="share of answers whose connection is cut")
        parser.add_argument("--url", default="", help="a running server of this database, instead of one of our own")
        parser.add_argument(
            "--throwaway", action="store_true", help="PostgreSQL and Redis for this run, whatever is configured"
        )
        parser.add_argument("--servers", type=_at_least_one, help="server processes (2; embedded: 1)")
        parser.add_argument("--workers", type=int, help="verifier workers (1; embedded: in the server)")
        parser.add_argument(
            "--face-rule", choices=[Exam.FaceRule.NONE.value, Exam.FaceRule.CHECK_IN.value], default="check_in"
        )
        parser.add_argument("--enter-within", type=float, help="seconds (1 up to 200 candidates, then N / 100)")
        parser.add_argument("--seconds", type=float, default=10.0, help="how long each stretch of answering lasts")
        parser.add_argument("--disturb", action="store_true", help="also while people sit an exam of this database")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rehearse in this process, or in one whose database, Redis and data were made for it."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if not options["url"] and not os.environ.get(INSIDE) and (options["throwaway"] or not settings.DATABASE_URL):
            sys.exit(_in_a_run_of_its_own(embedded=not options["throwaway"]))
        self._rehearse(options)

    def _rehearse(self, options: dict[str, Any]) -> None:
        from scripts.rehearsal import run
        from scripts.services import Unreachable

        _require_tables()
        chosen = _chosen(options)
        bar = Bar(shown=options["verbosity"] > 0)
        try:
            found = run.rehearse(chosen, bar)
        except run.Disturbs as disturbs:
            text = _("现在或一小时内有考试：%(names)s。演练会占用服务器；确要进行，请加上 --disturb。")
            raise CommandError(text % {"names": ", ".join(disturbs.names)}) from disturbs
        except run.AlreadyRunning as running:
            raise CommandError(_("本机已有一次演练在进行。")) from running
        except Unreachable as reason:
            raise CommandError(str(reason)) from reason
        except KeyboardInterrupt:
            raise CommandError(_("已中断；演练数据已删除。"), returncode=130) from None
        finally:
            bar.close()
        faults = run.faults_of(found, chosen)
        found |= {"carries": not faults, "faults": faults, "verdict": verdict(found, faults)}
        self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else table(found))
        if faults:
            sys.exit(1)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(_("应为不小于1的整数。"))
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 0.9:
        raise argparse.ArgumentTypeError(_("应为0到0.9之间的数。"))
    return share


def _in_a_run_of_its_own(*, embedded: bool) -> int:
    """Run the same command again, with data that are thrown away afterwards; return how it ended."""
    from scripts.rehearsal import stack

    with stack.throwaway(embedded=embedded) as environment:
        command = [sys.executable, *sys.argv]
        process = subprocess.Popen(command, env=environment | {INSIDE: "1"}, start_new_session=True)  # noqa: S603 - ours
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        finally:
            if process.poll() is None:
                process.kill()


def _require_tables() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(_("数据库尚未更新，请先运行 python manage.py migrate。"))


def _chosen(options: dict[str, Any]) -> Any:
    from scripts.rehearsal.run import Options

    count, with_redis = options["candidates"], bool(settings.REDIS_URL)
    within = options["enter_within"]
    return Options(
        candidates=count,
        drop_rate=options["drop_rate"],
        face_rule=options["face_rule"],
        enter_within=(1.0 if count <= 200 else count / 100) if within is None else within,
        url=options["url"].rstrip("/"),
        servers=options["servers"] or (2 if with_redis else 1),
        workers=(options["workers"] if options["workers"] is not None else 1) if with_redis else 0,
        disturb=options["disturb"],
        seconds=options["seconds"],
    )


class Bar:
    """One progress bar for each act."""

    def __init__(self, *, shown: bool) -> None:
        self._shown, self._act = shown, ""
        self._bar: tqdm[Any] | None = None

    def __call__(self, act: str, done: int, total: int) -> None:
        if act != self._act:
            self.close()
            self._act, self._bar = act, tqdm(total=total, desc=names()[act], disable=None if self._shown else True)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """End the bar that stands."""
        if self._bar is not None:
            self._bar.close()
        self._act, self._bar = "", None


# --- in words --------------------------------------------------------------------------------------------------------


def names() -> dict[str, str]:
    """Return what the acts and operations are called."""
    return {
        "prepare": _("准备演练数据"),
        "sign_in": _("登录、确认、同意"),
        "check_in": _("人脸核验"),
        "waiting": _("候考页"),
        "enter": _("入场（领取试卷）"),
        "answering": _("按考试节奏作答"),
        "save": _("保存作答"),
        "saturation": _("全速保存"),
        "reload": _("断网后重新载入"),
        "enter_again": _("重新领取试卷"),
        "hand_in": _("交卷"),
        "status": _("查询状态"),
    }


def verdict(found: dict[str, Any], faults: list[str]) -> str:
    """Say in one sentence whether this machine carries so many, or what failed."""
    count = found["candidates"]
    if not faults:
        return _("本机能够承载%(count)d名考生。") % {"count": count}
    reasons = {
        "lost": _("丢失已确认的作答%(lost)d条") % {"lost": found["lost"]},
        "errors": _("出错%(errors)d次") % {"errors": found["errors"]},
        "not_handed_in": _("有考生未能交卷"),
        "slow_entry": _("入场过慢"),
        "slow_saves": _("保存过慢"),
        "too_busy": _("服务器过忙"),
    }
    text = _("本机未能承载%(count)d名考生：%(reasons)s。")
    return text % {"count": count, "reasons": _("、").join(reasons[fault] for fault in faults)}


def table(found: dict[str, Any]) -> str:
    """Return the result for people."""
    unknown = _("未知")
    cpu, labels = found["cpu_ms"] | found["cpu_ms_more"], names()
    lines = [f"{'':<28}{'p50':>9}{'p95':>9}{'p99':>9}  ms   {_('服务器CPU（毫秒/次）')}"]
    for name, taken in found["latency_ms"].items():
        cost = cpu.get(name)
        shown = unknown if cost is None and name in cpu else "" if cost is None else f"{cost:.2f}"
        numbers = "".join(f"{taken[key]:>9.0f}" for key in ("p50", "p95", "p99"))
        lines.append(f"{_padded(labels[name], 28)}{numbers}       {shown}")
    rows = [
        (_("丢失的作答"), str(found["lost"])),
        (_("出错"), f"{found['errors']} {' '.join(found['error_texts'][:2])}".strip()),
        (_("每次保存的字节数（发送、接收）"), _bytes(found)),
        (_("最后一份试卷、最后一份回执（秒）"), _spikes(found)),
        (_("全速保存（次/秒，p95不超过200毫秒）"), f"{found['saturation']['saves_per_second']:.0f}"),
        (_("作答时服务器占用"), unknown if found["servers_busy_while_answering"] is None else _busy(found)),
        (_("本机极限"), _limits(found) or unknown),
    ]
    lines += [f"{_padded(label, 40)}{value}" for label, value in rows]
    return "\n".join([*lines, "", found["verdict"]])


def _padded(text: str, width: int) -> str:
    """Fill up to a width; Chinese characters are two columns wide."""
    return text + " " * max(1, width - sum(2 if ord(letter) > 0x2E80 else 1 for letter in text))


def _bytes(found: dict[str, Any]) -> str:
    return f"{found['bytes_of_a_save']['sent']:.0f}, {found['bytes_of_a_save']['received']:.0f}"


def _spikes(found: dict[str, Any]) -> str:
    return ", ".join(f"{found['spikes'].get(name, 0.0):.1f}" for name in ("last_paper_s", "last_receipt_s"))


def _busy(found: dict[str, Any]) -> str:
    return f"{found['servers_busy_while_answering']:.0%} × {found['cores']}"


def _limits(found: dict[str, Any]) -> str:
    texts = {"commits": _("单行提交"), "empty_asgi": _("空请求")}
    shown = [f"{texts[name]} {limit['per_second']:.0f}/s" for name, limit in found["limits"].items()]
    return ", ".join(shown)
