"""The simulated home: a thermal plant, simulated hardware, a virtual clock and scenarios."""
