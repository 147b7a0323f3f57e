"""Whether the hub lives and whether it can be relied on."""


class Health:
    """Which parts must have started before the hub is ready."""

    def __init__(self) -> None:
        """Expect nothing yet."""
        self._starting: set[str] = set()

    def expect(self, part: str) -> None:
        """Be not ready until `part` has started."""
        self._starting.add(part)

    def started(self, part: str) -> None:
        """Note that `part` has started."""
        self._starting.discard(part)

    @property
    def starting(self) -> frozenset[str]:
        """The parts that have not started yet."""
        return frozenset(self._starting)
