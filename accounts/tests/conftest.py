"""What the tests of accounts share."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    """Let no test find the attempts to sign in of the one before."""
    cache.clear()
