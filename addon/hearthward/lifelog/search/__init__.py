"""Search: full text, meaning and time phrases over what a person would read."""

from .search import InvalidCursorError, Search

__all__ = ["InvalidCursorError", "Search"]
