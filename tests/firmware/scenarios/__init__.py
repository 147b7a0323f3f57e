"""The simulated home itself, and the real firmware in it."""
