"""The lifelog's engine."""
