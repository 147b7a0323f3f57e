"""The lifelog: everything that happens is appended once, in order, durably."""

from .errors import LifelogError, LifelogUnavailableError
from .log import Batch, Lifelog
from .transaction import Transaction

__all__ = [
    "Batch",
    "Lifelog",
    "LifelogError",
    "LifelogUnavailableError",
    "Transaction",
]
