"""Tables that are read in the admin and written elsewhere."""

from typing import Any

from django.http import HttpRequest


class NotMadeHere:
    """Rows are imported or made by what happens; here they are neither added nor deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NotMadeHere):
    """Rows can be looked at by those who may view them; nobody changes them here."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
