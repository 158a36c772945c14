"""Which static files of other packages are collected."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class CollectedStaticFiles(StaticFilesConfig):
    """Leaves out what nobody uses, and whose imports would lead nowhere: htmx's extensions and its other versions."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*", "django_htmx/htm*-4*"]
