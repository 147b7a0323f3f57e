"""Devices that speak over an MQTT broker."""
