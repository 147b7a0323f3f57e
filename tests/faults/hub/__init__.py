"""Faults of the hub alone."""
