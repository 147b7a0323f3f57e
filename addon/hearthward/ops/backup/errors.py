"""What can go wrong with backups."""

from hearthward.lifelog.errors import LifelogError


class BackupError(LifelogError):
    """A backup cannot be made or used; the message says what to do."""

    code = "backup_failed"
