"""Forgetting: what is meant, the work of it, its rows, and the bytes that are left in the files."""
