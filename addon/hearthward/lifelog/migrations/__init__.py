"""Alembic environment of the lifelog."""
