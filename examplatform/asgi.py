"""HTTP to Django, websockets to the proctoring consumers, and what runs beside them while the server lives."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
django.setup(set_prefix=False)  # loads the apps: the imports below need them

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from examplatform.body_limit import BodyLimit  # noqa: E402
from examplatform.handler import RequestHandler  # noqa: E402
from examplatform.lifespan import Lifespan  # noqa: E402
from exams import checks, sweeper  # noqa: E402
from exams.answer_door import AnswerDoor  # noqa: E402
from proctoring import verifier  # noqa: E402
from proctoring.urls import websocket_urlpatterns  # noqa: E402

answers = AnswerDoor(RequestHandler())
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(answers, settings.LARGEST_BODY),
        "lifespan": Lifespan(checks.durability_stated, sweeper.sweeping, verifier.warmed, answers.open),
        # The origin check must stay outermost.
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
