"""Tests of Hearthward."""
