"""What can go wrong with the lifelog."""


class LifelogError(Exception):
    """The lifelog cannot do what was asked; the message says what to do."""


class LifelogUnavailableError(LifelogError):
    """Nothing can be stored at present; nothing was acknowledged."""
