"""Tests of the MQTT adapter beside a real Mosquitto."""
