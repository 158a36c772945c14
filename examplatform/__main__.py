"""`python -m examplatform`: one server, ready to try: migrated, with the demo plan (DEMO), on HOST and PORT.

`python -m examplatform prepare` gets everything ready, and leaves serving to others.
"""

import os
import sys
from pathlib import Path
from typing import Any

import django
import uvicorn
from django.utils.translation import gettext as _

# What bounds memory under a flood of frames, and notices a browser that has gone; docs/deployment.md lists the flags.
SERVER: dict[str, Any] = {
    "ws_max_size": 512 * 1024,
    "ws_ping_interval": 5,
    "ws_ping_timeout": 5,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 10,
    "lifespan": "on",  # closes overdue sittings while it lives
    "access_log": False,  # addresses are personal data
    "log_level": "warning",
}


def main(*, serves: bool = True) -> int:
    """Get everything ready in this process, then serve until Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
    os.environ.setdefault("VERIFIER", "pool")  # nothing else is started here that would look at pictures
    django.setup()
    from django.conf import settings

    refuse_taken_port(settings.HOST, settings.PORT)
    prepare_tls()
    prepare_data()
    if serves:
        uvicorn.run(
            "examplatform.asgi:application",
            host=settings.HOST,
            port=settings.PORT,
            ssl_certfile=settings.TLS_CERT or None,
            ssl_keyfile=settings.TLS_KEY or None,
            **SERVER,
        )
    return 0


def refuse_taken_port(host: str, port: int) -> None:
    """Stop with a sentence where another program listens, or the address is not this machine's."""
    from examplatform import env, network

    if wrong := network.why_not(host, port):
        env.stop(f"The server cannot listen on {host} port {port}: {wrong}. Try another: make run PORT={port + 1}")


def prepare_tls() -> None:
    """Make the self-signed certificate where TLS=self-signed asks for one."""
    from django.conf import settings

    from examplatform import tls

    if settings.TLS == "self-signed":
        tls.ensure_certificate(Path(settings.TLS_CERT), Path(settings.TLS_KEY), settings.ALLOWED_HOSTS)
        sys.stdout.write(_("证书为自签名：浏览器会警告一次，请选择继续访问。") + "\n")


def prepare_data() -> None:
    """Bring the static files and the database up to date, and print where to go and how to sign in."""
    from django.conf import settings
    from django.core.management import call_command

    from examplatform import static_files

    if static_files.are_stale():
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    call_command("migrate", verbosity=0, interactive=False)
    if settings.DEMO:
        call_command("load_demo")
    else:
        greet()
    sys.stdout.write(_("按 Ctrl-C 停止服务。") + "\n")
    sys.stdout.flush()


def greet() -> None:
    """Print where to go without the demo, and how the first plan gets in."""
    from django.conf import settings
    from django.core.management import call_command

    from exams.models import Plan

    sys.stdout.write(_("考试网址：%(url)s/") % {"url": settings.PUBLIC_ORIGIN} + "\n")
    call_command("staff_login")
    if not Plan.objects.exists():
        sys.stdout.write(_("还没有考试计划。导入：python manage.py import_plan 文件夹或压缩包") + "\n")
        sys.stdout.write(_("试用演示计划：make run DEMO=1。演示考生的证件号是公开的，请勿用于正式考试。") + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main(serves=sys.argv[1:] != ["prepare"]))
    except KeyboardInterrupt:
        sys.exit(0)
