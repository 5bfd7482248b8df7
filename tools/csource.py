"""A small reader of C sources for tools/tidy: just enough structure to measure functions and find
variables.

It knows comments, strings, preprocessor lines, braces and statements; it does not expand macros.
It relies on the formatting that clang-format gives, and on nothing a compiler would reject.
"""
import collections
import re

Function = collections.namedtuple("Function", "name line parameters code_lines nesting")
Variable = collections.namedtuple("Variable", "name line in_function")

TOKEN = re.compile(r"[A-Za-z_]\w*|[{}();:,]|\S")
ATTRIBUTE = re.compile(r"\b__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)|\b_Alignas\s*\([^()]*\)")
NOT_A_VARIABLE = re.compile(
    r"\s*(typedef|_Static_assert|static_assert|extern\s*\"|return|case|default)\b"
)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def blank_inside(match):
    text = match.group()
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[-1]
    return blank(match)


def without_comments(text):
    """The text with comments, and what strings hold, replaced by blanks; lines and columns stay."""
    return re.sub(
        r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
        blank_inside,
        text,
        flags=re.S,
    )


def without_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.M)


def matching_brace(code, start):
    """The position of the } that closes the { at start, or the end of the text."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(code, start):
        depth += 1 if found.group() == "{" else -1
        if depth == 0:
            return found.start()
    return len(code) - 1


def line_at(code, position):
    return code.count("\n", 0, position) + 1


def last_group(header):
    """(start, text) of the parenthesis group that ends the header, or None."""
    if not header.endswith(")"):
        return None
    depth = 0
    for position in range(len(header) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(header[position], 0)
        if depth == 0:
            return position, header[position + 1 : -1]
    return None


def count_parameters(arguments):
    arguments = arguments.strip()
    if arguments in ("", "void"):
        return 0
    depth, count = 0, 1
    for character in arguments:
        depth += {"(": 1, ")": -1}.get(character, 0)
        count += character == "," and depth == 0
    return count - arguments.endswith("...")


def function_head(header):
    """(name, parameters) when the text before a { declares a function, else None."""
    header = ATTRIBUTE.sub(blank, header).strip()
    group = last_group(header)
    if group is None or re.search(r"(?<![=!<>])=(?!=)", header):
        return None
    name = re.search(r"([A-Za-z_]\w*)\s*$", header[: group[0]])
    return (name.group(1), count_parameters(group[1])) if name else None


class Nesting:
    """Walks the statements of a function body; `deepest` is the depth of its control statements."""

    def __init__(self, body):
        self.tokens = TOKEN.findall(body)
        self.at = 0
        self.deepest = 0

    def peek(self, ahead=0):
        position = self.at + ahead
        return self.tokens[position] if position < len(self.tokens) else ""

    def skip_group(self, opening, closing):
        depth = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            depth += {opening: 1, closing: -1}.get(token, 0)
            if depth == 0:
                return

    def measure(self):
        while self.at < len(self.tokens):
            self.statement(0)
        return self.deepest

    def inner(self, depth):
        self.deepest = max(self.deepest, depth + 1)
        self.statement(depth + 1)

    def block(self, depth):
        self.at += 1
        while self.at < len(self.tokens) and self.peek() != "}":
            self.statement(depth)
        self.at += 1

    def conditional(self, depth):
        self.at += 1
        self.skip_group("(", ")")
        self.inner(depth)
        if self.peek() == "else":
            self.at += 1
            if self.peek() == "if":
                self.conditional(depth)
            else:
                self.inner(depth)

    def statement(self, depth):
        token = self.peek()
        if token == "{":
            self.block(depth)
        elif token == "if":
            self.conditional(depth)
        elif token in ("for", "while", "switch"):
            self.at += 1
            self.skip_group("(", ")")
            self.inner(depth)
        elif token == "do":
            self.at += 1
            self.inner(depth)
            self.simple(depth)
        elif token in ("case", "default") or (self.peek(1) == ":" and token.isidentifier()):
            while self.at < len(self.tokens) and self.peek() != ":":
                self.at += 1
            self.at += 1
        else:
            self.simple(depth)

    def simple(self, depth):
        """Up to the ; that ends it; NAME(...) { is a loop that a macro makes."""
        start = self.at
        while self.at < len(self.tokens):
            token = self.peek()
            if token == "(":
                self.skip_group("(", ")")
                if self.peek() == "{" and self.at > start + 2 and self.is_call_from(start):
                    self.inner(depth)
                    return
            elif token == "{":
                self.skip_group("{", "}")
            elif token == "}":
                return
            else:
                self.at += 1
                if token == ";":
                    return

    def is_call_from(self, start):
        return self.tokens[start].isidentifier() and self.tokens[start + 1] == "("


def const_tables(body):
    """The spans of constant tables inside a function; their lines are data."""
    for found in re.finditer(r"\bstatic\s+const\b[^;{}()]*=\s*\{", body):
        yield found.start(), matching_brace(body, found.end() - 1)


def count_code_lines(body):
    for start, end in const_tables(body):
        body = body[:start] + re.sub(r"[^\n]", " ", body[start : end + 1]) + body[end + 1 :]
    return sum(1 for line in body.splitlines() if line.strip())


def variable_name(declaration):
    """The name of what a declaration (its text up to = or ;) makes, if that can change."""
    text = ATTRIBUTE.sub(" ", declaration)
    if NOT_A_VARIABLE.match(text) or re.fullmatch(r"\s*(struct|union|enum)(\s+\w+)?\s*", text):
        return None
    pointer = re.match(r"[^()]*\(\s*\*\s*(const\s+)?(\w+)[^()]*\)\s*\(", text)
    if pointer:
        return None if pointer.group(1) else pointer.group(2)
    if "(" in text:
        return None
    text = re.sub(r"\[[^\]]*\]", " ", text)
    if "*" in text:
        text = "* " + text.rsplit("*", 1)[1]
    words = re.findall(r"\w+", text)
    if not words or "const" in words or (len(words) < 2 and "*" not in text):
        return None
    return words[-1]


def without_braces(statement):
    """The statement with everything between braces taken out."""
    kept, depth = [], 0
    for character in statement:
        depth += character == "{"
        if depth == 0:
            kept.append(character)
        depth -= character == "}"
    return "".join(kept)


def first_declarator(statement):
    """The statement up to its initialiser, without members of structs and values of enums."""
    return re.split(r"(?<![=!<>])=(?!=)", without_braces(statement), maxsplit=1)[0]


class Source:
    """One C file: its functions and its variables of static storage that are not const."""

    def __init__(self, text):
        self.code = without_preprocessor(without_comments(text))
        self.functions = []
        self.variables = []
        self.scan()

    def scan(self):
        start = position = 0
        while position < len(self.code):
            character = self.code[position]
            if character == ";":
                self.declaration(start, position)
                start = position + 1
            elif character == "}":
                start = position + 1
            elif character == "{":
                head = function_head(self.code[start:position])
                end = matching_brace(self.code, position)
                if head:
                    self.function(head, start, position, end)
                    start = end + 1
                position = end
            position += 1

    def function(self, head, start, opening, end):
        body = self.code[opening + 1 : end]
        skipped = len(self.code[start:opening]) - len(self.code[start:opening].lstrip())
        self.functions.append(
            Function(
                head[0],
                line_at(self.code, start + skipped),
                head[1],
                count_code_lines(body),
                Nesting(body).measure(),
            )
        )
        for found in re.finditer(r"\b(static|_Thread_local)\b[^;]*", body):
            name = variable_name(first_declarator(found.group()))
            if name:
                self.variables.append(
                    Variable(name, line_at(self.code, opening + 1 + found.start()), True)
                )

    def declaration(self, start, end):
        statement = self.code[start:end]
        name = variable_name(first_declarator(statement))
        if name:
            skipped = len(statement) - len(statement.lstrip())
            self.variables.append(Variable(name, line_at(self.code, start + skipped), False))
