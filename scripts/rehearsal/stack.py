"""The servers of a rehearsal: of the configured database and Redis, or everything for this one run."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from scripts import production, services
from scripts.production import ROOT, Stack

STARTS_WITHIN = 120  # seconds: models are loaded, at the first start converted too
KEPT = ("static", "models")  # what a data directory of one run may take from the real one


@contextmanager
def throwaway(*, embedded: bool) -> Iterator[dict[str, str]]:
    """Yield the environment of one run with data of its own, and unless embedded with a PostgreSQL and a Redis."""
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="examplatform-rehearsal-"))
        chosen = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        chosen |= services.secrets_of_one_run() | {"DATA_DIR": folder, "DEMO": "0"}
        take_along(Path(folder))
        if not embedded:
            chosen["DATABASE_URL"] = running.enter_context(services.postgresql(durable=True))
            production.make_database(chosen["DATABASE_URL"])
            chosen["REDIS_URL"] = running.enter_context(services.redis_server())
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=chosen, check=True, stdout=sys.stderr)
        yield chosen


def take_along(target: Path) -> None:
    """Make use of static files and face models that are ready in the data directory of this process."""
    source = Path(os.environ.get("DATA_DIR", "") or ROOT / "var")
    for name in KEPT:
        if (source / name).is_dir():
            (target / name).symlink_to((source / name).absolute())


def collect_static() -> None:
    """Bring the static files up to date, as every start of a server does."""
    from django.core.management import call_command

    from examplatform import static_files

    if static_files.are_stale():
        call_command("collectstatic", verbosity=0, interactive=False)


@contextmanager
def servers(
    *, servers: int, workers: int, processes: int = 1, output: int | None = None
) -> Iterator[tuple[str, Stack]]:
    """Yield the address of servers on a free port, configured as this process is, and their processes."""
    port = services.free_port()
    origin = f"http://127.0.0.1:{port}"
    own = {"HOST": "127.0.0.1", "PORT": str(port), "PUBLIC_ORIGIN": origin, "TLS": "off", "TLS_CERT": "", "TLS_KEY": ""}
    chosen = dict(os.environ) | own | {"BEHIND_TLS_PROXY": "0", "PYTHONUNBUFFERED": "1"}
    chosen["VERIFIER"] = "celery" if workers or chosen.get("REDIS_URL") else "pool"
    chosen.setdefault("LOG_LEVEL", "ERROR")  # a page that is told to wait is what is rehearsed
    chosen.setdefault("VERIFIER_PROCESSES", str(processes))
    sizes = {"servers": servers, "workers": workers, "processes": processes}
    with production.running(chosen, **sizes, output=sys.stderr.fileno() if output is None else output) as stack:
        until_it_answers(origin, stack)
        yield origin, stack


def until_it_answers(origin: str, stack: Stack) -> None:
    """Wait until a server answers; raise `Unreachable` where one has ended before."""
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience:
        if any(one.process is not None and one.process.poll() is not None for one in stack.programs):
            break
        try:
            urlopen(f"{origin}/ping/", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise services.Unreachable("the servers of the rehearsal do not start; their output says why.")
