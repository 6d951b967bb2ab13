"""What an error must say."""

import re

import pytest


def refused(act, *parts):
    """The call fails, and its message holds all parts, as whole words."""
    with pytest.raises((ValueError, TypeError)) as caught:
        act()
    text = str(caught.value)
    missing = [p for p in parts if not re.search(rf"(?<!\w){re.escape(p)}(?!\w)", text)]
    assert not missing, f"{missing} not in: {text}"
