"""Tests of the control logic in C++ (doctest)."""
