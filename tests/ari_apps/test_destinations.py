"""Where calls can go, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_apps.destinations import Destination, DestinationError, DestinationKind, Reference, refer


@pytest.mark.parametrize(
    "text",
    [
        "queue:sales",
        "menu:opening_hours",
        "agent:anna",
        "extension:101",
        "extension:*43",
        "extension:{digits}",
        "number:+49301234567",
        "voicemail:sales",
        "python:my_ivr.night:main",
        "hangup",
        "hangup:busy",
    ],
)
def test_a_destination_is_written_as_it_was_read(text: str) -> None:
    assert str(Destination.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("quue:sales", "write kind:name with one of queue, menu"),
        ("sales", "write kind:name"),
        ("queue:", "a name, as in queue:sales"),
        ("queue:a b", "a name, as in queue:sales"),
        ("number:+49,PJSIP/x", "digits, perhaps after a +"),
        ("number:+{digits}", "digits, perhaps after a +"),
        ("extension:101@trunk", "an extension"),
        ("python:os.system", "a module and a function"),
        ("python:1:main", "a module and a function"),
        ("hangup:please", "hangup:busy"),
        ("menu:main\n", "a name"),
    ],
)
def test_what_is_no_destination_is_refused_with_the_remedy(text: str, says: str) -> None:
    with pytest.raises(DestinationError) as told:
        Destination.parse(text)
    assert says in str(told.value)


@given(st.text(max_size=80))
def test_whatever_is_taken_for_a_destination_cannot_carry_anything_else(text: str) -> None:
    for kind in DestinationKind:
        try:
            destination = Destination.parse(f"{kind}:{text}")
        except DestinationError:
            continue
        assert not set(destination.name) & set(" \t\r\n,;&|$`\"'()<>/\\@")


def test_hanging_up_has_a_cause() -> None:
    causes = {name: Destination.parse(f"hangup{name}").hangup_cause for name in ("", ":busy", ":congestion")}
    assert causes == {"": 16, ":busy": 17, ":congestion": 34}
    assert Destination.parse("hangup:rejected").hangup_cause == 21
    assert Destination.parse("hangup:unallocated").hangup_cause == 1
    assert Destination.parse("queue:busy").hangup_cause == 16


def test_only_what_has_to_exist_is_a_reference() -> None:
    texts = ["queue:sales", "hangup:busy", "extension:{digits}", "number:110"]
    found = [list(refer("here", Destination.parse(text))) for text in texts]
    assert found == [[Reference("here", "queue", "sales")], [], [], [Reference("here", "number", "110")]]
    assert list(refer("here", None)) == []
