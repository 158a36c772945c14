"""The Celery application: `manage.py verifier_worker`, or `celery --app examplatform worker` with the same options."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
app = Celery("examplatform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
