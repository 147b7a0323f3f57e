"""Measure Hearthward beside its peers."""
