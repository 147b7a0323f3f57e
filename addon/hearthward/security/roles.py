"""What a role may do."""

from hearthward.model.security import Role

# A service (Home Assistant) does what an operator does, and lets devices in; it never deals in keys.
_RANK = {
    Role.DEVICE: 0,
    Role.VIEWER: 1,
    Role.CAREGIVER: 2,
    Role.OPERATOR: 3,
    Role.SERVICE: 4,
    Role.ADMIN: 5,
}


def permits(role: Role, minimum: Role) -> bool:
    """Say whether a role reaches the minimum that a route asks for."""
    return _RANK[role] >= _RANK[minimum]
