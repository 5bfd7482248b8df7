"""The rules that tools which read INFO by grep, substring or regex rely on (see docs: text
contracts)."""

import re

SECTION = re.compile(r"# [A-Z][A-Za-z_]*")
NAME = re.compile(r"[A-Za-z0-9_.|-]+")
SLAVE_VALUE = re.compile(r"[A-Za-z,=0-9.:-]*")
KEYSPACE = re.compile(r"db\d+:keys=\d+,expires=\d+,avg_ttl=\d+(,[a-z_]+=\d+)?")


def _one_role_line(lines):
    return [f"'role' also in {line!r}" for line in lines if "role" in line][1:]


def _role_master_only_once(lines):
    role = [line for line in lines if line.startswith("role:")]
    wrong = [] if role in (["role:master"], ["role:slave"]) else [f"role lines are {role}"]
    text = [line for line in lines if "role:master" in line]
    return wrong + ([f"role:master stands in {text}"] if len(text) > 1 else [])


def _link_lines(lines):
    wrong = []
    allowed = {"master_link_status": {"up", "down"}, "master_sync_in_progress": {"0", "1"}}
    is_slave = "role:slave" in lines
    for name, values in allowed.items():
        found = [line for line in lines if name in line]
        if len(found) != (1 if is_slave else 0):
            wrong.append(f"{name} on {len(found)} lines")
        wrong += [f"odd {line!r}" for line in found if line.split(":", 1)[1] not in values]
    hosts = [line for line in lines if "master_host" in line]
    if len(hosts) != (1 if is_slave else 0):
        wrong.append(f"master_host on {len(hosts)} lines")
    if is_slave and lines.index("role:slave") > lines.index(hosts[0]):
        wrong.append("role after master_host")
    down = [line for line in lines if line.startswith("master_link_down_since_seconds:")]
    if len(down) != (1 if "master_link_status:down" in lines else 0):
        wrong.append(
            "master_link_down_since_seconds belongs to a link that is down, and only there"
        )
    return wrong


def _slave_lines(lines):
    wrong = []
    for line in lines:
        if not re.match(r"slave\d", line):
            continue
        name, value = line.split(":", 1)
        parts = [part.split("=") for part in value.split(",")]
        keys = [part[0] for part in parts]
        if not re.fullmatch(r"slave\d+", name):
            wrong.append(f"{line!r} begins like a replica line")
        if keys[:5] != ["ip", "port", "state", "offset", "lag"] or any(len(p) != 2 for p in parts):
            wrong.append(f"{line!r} is not ip,port,state,offset,lag")
        if "state=online" in value and not SLAVE_VALUE.fullmatch(value):
            wrong.append(f"{line!r} has characters that parsers do not take")
    return wrong


def _keyspace_lines(lines):
    found = [line for line in lines if re.match(r"db\d", line)]
    return [f"odd {line!r}" for line in found if not KEYSPACE.fullmatch(line)]


def _loading_line(lines):
    found = [line for line in lines if line.startswith("loading:")]
    return [] if found in (["loading:0"], ["loading:1"]) else [f"loading lines are {found}"]


def _plain_values(lines):
    wrong = []
    for line in lines:
        if not line or line.startswith("# "):
            continue
        name, colon, value = line.partition(":")
        if not colon or not (NAME.fullmatch(name) or name.startswith("errorstat_")):
            wrong.append(f"{line!r} is not name:value")
        if value.startswith(('"', "'")):
            wrong.append(f"{line!r} has quotes")
    return wrong


def _layout(text):
    wrong = []
    if not text.startswith("# "):
        wrong.append("no section at the start")
    if not text.endswith("\r\n"):
        wrong.append("no line end at the end")
    if re.search(r"[^\r]\n|\r[^\n]", text):
        wrong.append("a line that does not end in CRLF")
    lines = text.split("\r\n")
    for at, line in enumerate(lines):
        if line.startswith("#") and not SECTION.fullmatch(line):
            wrong.append(f"odd section {line!r}")
        if line.startswith("#") and at and lines[at - 1] != "":
            wrong.append(f"no blank line before {line!r}")
    names = [line.partition(":")[0] for line in lines if ":" in line]
    return wrong + [f"{name} twice" for name in sorted({n for n in names if names.count(n) > 1})]


RULES = {
    "one line contains 'role'": _one_role_line,
    "role:master only as the role": _role_master_only_once,
    "the lines about a master once, with known values": _link_lines,
    "replica lines are ip,port,state,offset,lag": _slave_lines,
    "database lines have at most four numbers": _keyspace_lines,
    "loading is always told": _loading_line,
    "values are plain": _plain_values,
}


def violations(text):
    """What is wrong with the reply of a whole INFO, as (rule, what) pairs."""
    lines = text.split("\r\n")
    found = [(rule, wrong) for rule, check in RULES.items() for wrong in check(lines)]
    return found + [("layout", wrong) for wrong in _layout(text)]


def sections(text):
    """Section name -> list of field names."""
    result, current = {}, None
    for line in text.split("\r\n"):
        if line.startswith("# "):
            current = result.setdefault(line[2:], [])
        elif ":" in line and current is not None:
            current.append(line.split(":", 1)[0])
    return result
