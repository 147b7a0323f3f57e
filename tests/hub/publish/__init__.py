"""The smallest SDK, against a real hub and a real broker."""
