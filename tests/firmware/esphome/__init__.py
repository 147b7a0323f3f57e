"""The real firmware on ESPHome's host platform, over its native API, in virtual time."""
