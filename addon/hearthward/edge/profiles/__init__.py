"""Profiles: foreign layouts as data."""

from .commands import Outgoing
from .files import ProfileError, Profiles, check, load, read
from .layout import schema
from .profile import Profile

__all__ = [
    "Outgoing",
    "Profile",
    "ProfileError",
    "Profiles",
    "check",
    "load",
    "read",
    "schema",
]
