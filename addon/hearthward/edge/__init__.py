"""The edge: adapters turn their transports into the messages of `model.message`."""
