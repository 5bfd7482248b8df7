"""Random sequences of commands per family: every reply and the data afterwards are those of
7.0.15."""

import os
import zlib

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from skeintest.grammar import steps

from .conftest import running_pair
from .families import load
from .pair import Mismatch
from .shrink import smallest

EXAMPLES = int(os.environ.get("DIFF_EXAMPLES", "200"))
SEED = int(os.environ.get("DIFF_SEED", "0"))


def pytest_generate_tests(metafunc):
    known = running_pair().known
    families = [family for family in load() if family.exists(known)]
    metafunc.parametrize("family", families, ids=[family.name for family in families])


def test_replies_and_data_equal_those_of_the_oracle(family, pair):
    sequences = steps(family.rules(pair.known), family.connections, family.length)
    failures = []

    @seed(zlib.crc32(family.name.encode()) + SEED)
    @settings(
        max_examples=max(1, round(EXAMPLES * family.share)),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sequences, st.sampled_from(pair.protocols), st.booleans())
    def agree(sequence, proto, pipelined):
        if failures:
            return
        try:
            pair.run(family, sequence, proto, pipelined)
        except Mismatch as difference:
            failures.append(smallest(pair, family, (proto, pipelined), difference))

    agree()
    if failures:
        pytest.fail(str(failures[0]), pytrace=False)
