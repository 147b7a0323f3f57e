"""What keeps a publisher from publishing."""


class PublishError(Exception):
    """It cannot work like this; the message says what to change."""


class LostError(Exception):
    """The hub cannot be reached now; `wait` says how long to leave it alone, if it said so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        """Say what happened."""
        super().__init__(message)
        self.wait = wait
