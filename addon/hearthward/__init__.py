"""The Hearthward hub: devices, lifelog and safety of a warm home."""
