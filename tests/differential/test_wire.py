"""Broken and unusual bytes: the answer and whether the connection survives are those of the
oracle."""

import time

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from skeintest import Client

from .test_families import EXAMPLES, SEED

PING = b"*1\r\n$4\r\nPING\r\n"
# GET of a browser and zero bytes in inline lines are in test_protocol.py: the stock server
# takes the one for its command and waits for ever after the other.
BROKEN = {
    "a count that is no number": b"*x\r\n" + PING,
    "a count of minus one": b"*-1\r\n" + PING,
    "a count of minus ten": b"*-10\r\n" + PING,
    "a count of zero": b"*0\r\n" + PING,
    "an empty count": b"*\r\n" + PING,
    "a count with a plus": b"*+1\r\n$4\r\nPING\r\n",
    "a count with a leading zero": b"*01\r\n$4\r\nPING\r\n",
    "a count with a space": b"* 1\r\n$4\r\nPING\r\n",
    "a count of 2^31": b"*2147483648\r\n" + PING,
    "a count just below the limit": b"*2147483647\r\n",
    "a count of 2^63": b"*9223372036854775808\r\n",
    "a count of 2^64": b"*18446744073709551616\r\n",
    "a length that is no number": b"*1\r\n$x\r\nPING\r\n",
    "an empty length": b"*1\r\n$\r\nPING\r\n",
    "a length of minus one": b"*1\r\n$-1\r\n" + PING,
    "a length of minus two": b"*1\r\n$-2\r\n" + PING,
    "a length of 2^31": b"*1\r\n$2147483648\r\n",
    "a length of 2^63": b"*1\r\n$9223372036854775808\r\n",
    "a length above the limit": b"*1\r\n$67108865\r\n",
    "a length at the limit": b"*1\r\n$67108864\r\n",
    "a length of zero": b"*1\r\n$0\r\n\r\n" + PING,
    "a length with a leading zero": b"*1\r\n$04\r\nPING\r\n" + PING,
    "an integer where a string belongs": b"*1\r\n:1\r\n" + PING,
    "a status where a string belongs": b"*1\r\n+PING\r\n" + PING,
    "an array where a string belongs": b"*1\r\n*1\r\n$4\r\nPING\r\n",
    "nothing where a string belongs": b"*1\r\n\r\n",
    "a control character where a string belongs": b"*1\r\n\x01\r\n",
    "a payload without its line end": b"*1\r\n$4\r\nPINGxx" + PING,
    "a payload shorter than said": b"*2\r\n$4\r\nECHO\r\n$10\r\nab\r\n" + PING,
    "a payload longer than said": b"*1\r\n$3\r\nPING\r\n" + PING,
    "a line end without a carriage return": b"*1\n$4\nPING\n" + PING,
    "a count line that never ends": b"*" + b"1" * 70000,
    "a length line that never ends": b"*1\r\n$" + b"1" * 70000,
    "an inline line that never ends": b"A" * 70000,
    "an inline ping": b"PING\r\n",
    "an inline ping without a carriage return": b"PING\n",
    "an inline ping among spaces": b"   PING   \r\n",
    "inline arguments in quotes": b"ECHO \"a b\\x41\\n\"\r\nECHO 'it\\'s'\r\n",
    "inline quotes out of balance": b"ECHO \"abc\r\n" + PING,
    "inline quotes out of balance, single": b"ECHO 'abc\r\n" + PING,
    "inline quotes followed by a letter": b'ECHO "a"b\r\n' + PING,
    "an empty inline line": b"\r\n" + PING,
    "a line of spaces": b"   \r\n" + PING,
    "a bare line feed": b"\n" + PING,
    "a tab between inline words": b"ECHO\tabc\r\n",
    "an inline unknown command": b"NOSUCH a b\r\n",
    "http post": b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nPING\r\n",
    "http host": b"Host: localhost\r\nPING\r\n",
    "post in lower case": b"post / HTTP/1.1\r\nPING\r\n",
    "a reply instead of a request": b"+OK\r\n" + PING,
    "a bulk instead of a request": b"$4\r\nPING\r\n",
    "resp3 types instead of a request": b"%1\r\n$1\r\na\r\n$1\r\nb\r\n" + PING,
    "two requests in one": PING + PING,
    "an unknown command with long arguments":
        b"*3\r\n$3\r\nFOO\r\n$300\r\n" + b"a" * 300 + b"\r\n$1\r\nb\r\n",
    "an unknown command with line ends in it": b"*1\r\n$6\r\na\r\nb\r\n\r\n",
    "an empty command name": b"*1\r\n$0\r\n\r\n",
    "a command name with a zero byte": b"*1\r\n$5\r\nPI\x00NG\r\n" + PING,
    "quit and then more": b"*1\r\n$4\r\nQUIT\r\n" + PING,
    "an error and then more": b"*1\r\n$3\r\nGET\r\n" + PING,
}  # fmt: skip


def exchange(side, pieces):
    """What a new connection gets for these bytes, and whether it is closed then."""
    client = Client(side.server.address)
    received = bytearray()
    with client:
        for piece in pieces:
            try:
                client.send_raw(piece)
            except ConnectionError:
                break
            side.settle()
        end = time.monotonic() + 0.3
        while True:
            side.settle()
            data = client.reader.raw(0.0)
            received += data
            if not data and (client.is_quiet() or client.is_closed() or time.monotonic() > end):
                break
        return bytes(received), client.is_closed()


def same_or_settled(pair, pieces):
    """Compares; a difference counts only if it is still there on a second look."""
    results = pair.both(lambda side: exchange(side, pieces))
    return results if results[0] == results[1] else pair.both(lambda side: exchange(side, pieces))


@pytest.mark.parametrize("what", BROKEN)
def test_broken_bytes_are_answered_as_by_the_oracle(pair, what):
    left, right = same_or_settled(pair, [BROKEN[what]])
    assert left == right


@pytest.mark.parametrize("what", BROKEN)
def test_broken_bytes_are_answered_the_same_when_they_arrive_in_two_parts(pair, what):
    data = BROKEN[what]
    for split in sorted({1, 2, 3, 4, 5, len(data) // 2, len(data) - 1} & set(range(1, len(data)))):
        left, right = same_or_settled(pair, [data[:split], data[split:]])
        assert left == right, split


# Before authentication the buffer of a request is smaller than the stock server's longest line.
SHORT = [what for what in BROKEN if "never ends" not in what]


@pytest.mark.parametrize("what", SHORT)
def test_broken_bytes_are_answered_as_by_the_oracle_before_authentication(pair, what):
    def locked(side):
        side.control("CONFIG", "SET", "requirepass", "secret")
        try:
            return exchange(side, [BROKEN[what]])
        finally:
            side.control("CONFIG", "SET", "requirepass", "")

    left, right = pair.both(locked)
    assert left == right


FRAGMENTS = [
    b"*1\r\n", b"*2\r\n", b"$4\r\n", b"PING\r\n", b"\r\n", b"\n", b"*", b"$", b"-1\r\n", b"4",
    b"$0\r\n", b"*0\r\n",
    b"ECHO", b" ", b'"', b"'", b"\\x41", b"a", b"\xff", b":1\r\n", PING,
    b"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n",
    b"GET", b"SELECT 1\r\n", b"QUIT\r\n", b"$1\r\n",
]  # fmt: skip


def test_random_fragments_of_the_protocol_are_answered_as_by_the_oracle(pair):
    @seed(SEED + 1)
    @settings(
        max_examples=EXAMPLES * 3,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(
            st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6), min_size=1, max_size=3
        )
    )
    def agree(chunks):
        pieces = [b"".join(chunk) for chunk in chunks]
        left, right = same_or_settled(pair, pieces)
        assert left == right, pieces

    agree()
