"""A whole home in one command: Home Assistant, hub, integration and simulated firmware.

The demo, the end-to-end tests, the fault tests and the benchmarks start the same parts from here.
"""
