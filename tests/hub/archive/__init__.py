"""Media, export, import and backups."""
