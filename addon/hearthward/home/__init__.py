"""The home: its devices, their state and the commands to them."""
