#!/usr/bin/env python
"""Runs the management commands."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
except ModuleNotFoundError:
    sys.exit("Django is not in this Python. After `make install`: .venv/bin/python manage.py …")

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examplatform.settings")
    execute_from_command_line(sys.argv)
