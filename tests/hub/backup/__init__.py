"""Backups, restores and upgrades."""
