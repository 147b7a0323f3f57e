"""Frozen structs of the home: the wire format, the API schema and the tables come from here."""
