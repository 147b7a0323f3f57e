"""The whole system through a browser."""
