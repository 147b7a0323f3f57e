"""Who may do what: keys, roles, pairing, secrets, audit."""
