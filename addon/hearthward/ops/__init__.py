"""Running the hub: logs and health."""
