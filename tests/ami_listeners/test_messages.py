"""Reading what came: a header that is looked up says what it says when everything is read."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ami_listeners.messages import Block, ReadEvent

NAMES = st.sampled_from(["Uniqueid", "Linkedid", "Channel", "ChannelState", "Event", "id", "Variable: x"])
VALUES = st.one_of(
    st.sampled_from([b"", b"7", b"<unknown>", b"<none>", b"Yes", b"Channel: 1", b"\r", b"\n", b": "]),
    st.binary(max_size=8),
    st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")[:-1]),
)
LINES = st.one_of(
    st.tuples(NAMES, st.sampled_from([b": ", b":", b" : ", b""]), VALUES).map(
        lambda parts: parts[0].encode() + parts[1] + parts[2]
    ),
    st.binary(max_size=20),
)


def whole(block: bytes) -> ReadEvent:
    """Read everything: of each line the name and the value, the last value of a name."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    return ReadEvent("Any", 0.0, dict([line.split(": ", 1) for line in lines if ": " in line]))


@given(lines=st.lists(LINES, max_size=8), header=NAMES)
@example(lines=[b"Event: Hangup", b"Uniqueid: 1", b"Uniqueid: 2"], header="Uniqueid")
@example(lines=[b"Uniqueid: first"], header="Uniqueid")
@example(lines=["CallerIDName: Ł".encode()[:-1], b"Channel: PJSIP/1"], header="Channel")
def test_a_header_looked_up_in_any_block_says_what_it_says_when_the_block_is_read(
    lines: list[bytes], header: str
) -> None:
    block = b"\r\n".join(lines)
    lazy, read = Block("Any", 0.0, block), whole(block)
    assert lazy.headers == read.headers
    assert lazy.sent(header.partition(":")[0]) == read.sent(header.partition(":")[0])
    for each in (*read.headers, header.partition(":")[0]):
        if ": " not in each and each:
            assert lazy.text(each) == read.text(each)
            assert lazy.number(each) == read.number(each)
            assert lazy.flag(each) == read.flag(each)
