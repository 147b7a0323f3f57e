"""Rollups, retention, charts and baselines."""
