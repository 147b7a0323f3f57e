"""The API: routes, their schema and the stream."""
