"""tools/config-effect tells rows that are honest about their effect from those that are not."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from tree import load, plant  # noqa: E402

effect = load("config-effect")

TABLE = """
static const struct config_option options[] = {
    {"first", BOOL(net.first), .initial = "no"},
    {"second", NUMBER(net.second_s, 0, INT_MAX), .initial = "1",
     .not_yet = "because"},
    {"third", .kind = &config_kind_ignored, .not_yet = "old"},
};
"""


def problems(root, code):
    files = {"src/server/config_options_net.c": TABLE, "src/server/run.c": code}
    return list(effect.check(plant(root, files)))


def test_honest_rows_pass(tmp_path):
    assert problems(tmp_path, "if (config->net.first) listen();") == []


def test_a_part_that_is_passed_on_counts(tmp_path):
    assert problems(tmp_path, "if (net->first) listen();") == []


def test_a_claim_without_a_reader_is_found(tmp_path):
    assert problems(tmp_path, "int x;") == ["first (net.first): nobody reads it"]


def test_a_denial_with_a_reader_is_found(tmp_path):
    found = problems(tmp_path, "config->net.first + config->net.second_s")
    assert found == ["second (net.second_s): said to have no effect, but is read"]


def test_the_configurations_own_files_are_no_readers(tmp_path):
    plant(tmp_path, {"src/server/config_set.c": "config->net.first"})
    assert problems(tmp_path, "") == ["first (net.first): nobody reads it"]
