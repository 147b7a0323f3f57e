"""Search: words, meaning, time phrases, notes."""
