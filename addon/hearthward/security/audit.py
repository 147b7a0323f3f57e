"""Audit entries: every change that matters for security is one."""

from hearthward.lifelog import Transaction
from hearthward.model.entry import Draft, EntryKind


def audit(
    transaction: Transaction,
    text: str,
    action: str,
    actor: str | None,
    *,
    device: str | None = None,
    **facts: object,
) -> None:
    """Append an audit entry; `actor` is the id of a key, or None for the hub itself."""
    body: dict[str, object] = {"action": action, "actor": actor or "hub", **facts}
    transaction.append(
        [
            Draft(
                ts=transaction.now,
                kind=EntryKind.AUDIT,
                device=device,
                text=text,
                body=body,
            )
        ]
    )
