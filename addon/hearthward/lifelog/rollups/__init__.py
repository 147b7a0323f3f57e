"""Rollups: what is kept of measurements in 5 minutes, an hour and a day, and charts of that."""

from .follower import Rollups
from .rebuild import RollupEraser, settle_zone

__all__ = ["RollupEraser", "Rollups", "settle_zone"]
