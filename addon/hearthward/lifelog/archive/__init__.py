"""Bringing entries out of the lifelog and into it: export, import and their jobs."""
