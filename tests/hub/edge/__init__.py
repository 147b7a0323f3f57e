"""Tests of the edge against real firmware."""
