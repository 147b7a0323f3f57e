"""The lifelog: everything that happens is appended once, in order, durably."""

from .errors import LifelogError, LifelogUnavailableError
from .forgetting.scope import Eraser, Scope
from .log import Batch, Lifelog
from .transaction import Appended, Transaction

__all__ = [
    "Appended",
    "Batch",
    "Eraser",
    "Lifelog",
    "LifelogError",
    "LifelogUnavailableError",
    "Scope",
    "Transaction",
]
