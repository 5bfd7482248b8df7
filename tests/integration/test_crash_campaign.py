"""The short form of the crash campaign (make test-crash is the long one)."""

import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
import campaign  # noqa: E402


@pytest.mark.parametrize("policy", campaign.POLICIES)
def test_a_killed_server_has_everything_it_acknowledged(policy):
    assert campaign.campaign(policy, rounds=4, seed=int(time.time()))[0] > 0


@pytest.mark.parametrize("policy", campaign.POLICIES)
def test_a_power_cut_takes_nothing_that_was_synced(policy):
    """Fault 59: under `always` nothing that was acknowledged goes; the server always starts."""
    assert campaign.campaign(policy, rounds=4, seed=int(time.time()), end="power")[0] > 0
