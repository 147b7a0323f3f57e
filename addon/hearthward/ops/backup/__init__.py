"""Backups: made while the hub runs, kept as a journal, brought back to any moment."""
