"""The tokens that filters look for."""

from itertools import combinations, product

import pytest

from hearthward.lifelog.search.document import Document, marks, narrowest

FIELDS = {"kind": "note", "device": "bed", "person": "Zoë", "room": "Kitchen"}
OTHERS = {"kind": "event", "device": "door", "person": "Bob", "room": "Hall"}

DOCUMENTS = [
    Document(1, 0.0, summary="", **dict(zip(FIELDS, values, strict=True)))
    for values in product(*((FIELDS[name], OTHERS[name]) for name in FIELDS))
]


@pytest.mark.parametrize(
    "names",
    [names for count in range(1, 5) for names in combinations(FIELDS, count)],
    ids="+".join,
)
def test_narrow_tokens_mean_all_fields(names: tuple[str, ...]) -> None:
    """Documents have all of them if, and only if, they have each field that is asked for."""
    asked = dict.fromkeys(FIELDS) | {name: FIELDS[name] for name in names}
    wanted = narrowest(marks(**asked))
    assert len(wanted) == (len(names) + 1) // 2
    for document in DOCUMENTS:
        meant = all(getattr(document, name) == FIELDS[name] for name in names)
        assert set(document.marks).issuperset(wanted) == meant


def test_nothing_asked_is_no_token() -> None:
    """Without a filter there is nothing to look for."""
    assert narrowest(()) == ()
