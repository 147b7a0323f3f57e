"""Heating: the week schedule and the boost of a zone."""
