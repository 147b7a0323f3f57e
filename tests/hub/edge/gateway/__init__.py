"""Tests of the gateway: from what arrives to entries and dead letters."""
