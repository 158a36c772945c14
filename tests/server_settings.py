"""The project's own settings, on the database that the test process filled."""

import os

from examplatform.settings import *  # noqa: F403
from examplatform.settings import ALLOWED_HOSTS, DATABASES, MIDDLEWARE

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
MIDDLEWARE = ["tests.serve.forget_content_types", *MIDDLEWARE]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "exam.test"]  # as another machine reaches it: plain http, no camera
SECOND_CAMERA_GRACE_SECONDS = 1  # a test does not wait for a phone as long as an exam does
