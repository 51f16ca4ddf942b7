"""Reads what `nix-instantiate --parse` prints (everything in parentheses, sugar removed) into tuples:

("attrs", [(key, value)]) with a key of None where it is computed, ("list", [..]), ("lambda", body), ("call", [f, a, ..]),
("select", expr, [names]), ("op", [parts]), ("let", [(key, value)], body), ("if", condition, yes, no),
("with", scope, body), ("assert", condition, body), ("str", text), ("var", name), ("path", text), ("num", text).
"""
import re

TOKEN = re.compile(
    r'\s*(?:(?P<dyn>"\$\{)|(?P<str>"(?:[^"\\]|\\.)*")|(?P<num>\d+(?:\.\d+)?(?:e[+-]?\d+)?)'
    r"|(?P<path>(?:/[\w.+@~-]+)+/?)|(?P<id>[A-Za-z_][\w'-]*)"
    r'|(?P<op>\.\.\.|==|!=|//|\+\+|&&|\|\||->|[{}()\[\];:,=.?@!+<>*/-]))', re.S)
OPERATORS = {"==", "!=", "//", "++", "&&", "||", "->", "+", "?", "<", ">", "*", "/", "-"}
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def parse(text):
    return Parser(text).whole()


class Parser:
    def __init__(self, text):
        self.text = text.strip()
        self.place = 0
        self.known = {}

    def whole(self):
        value = self.expression()
        if self.place != len(self.text):
            raise SyntaxError(f"left over: {self.rest()}")
        return value

    def rest(self):
        return repr(self.text[self.place:self.place + 60])

    def token(self, place):
        """Kind, text and end of the token at `place`. Read one at a time: what a quote means depends on where it stands."""
        if place not in self.known:
            found = TOKEN.match(self.text, place)
            if found:
                self.known[place] = (found.lastgroup, found.group(found.lastgroup), found.end())
            else:
                self.known[place] = ("end", "", place)
        return self.known[place]

    def peek(self, ahead=0):
        place = self.place
        for _ in range(ahead):
            place = self.token(place)[2]
        return self.token(place)[:2]

    def take(self, wanted=None):
        kind, text, end = self.token(self.place)
        if kind == "end" or wanted not in (None, text):
            raise SyntaxError(f"{wanted or 'more'} expected before {self.rest()}")
        self.place = end
        return kind, text

    def formals(self):
        """Whether the `{` here begins a function's arguments."""
        if self.peek()[1] != "{":
            return False
        _, first = self.peek(1)
        _, second = self.peek(2)
        if first == "...":
            return True
        if first == "}":
            return second in (":", "@")
        return self.peek(1)[0] == "id" and second in (",", "?", "}") and first != "inherit"

    def expression(self):
        kind, text = self.peek()
        if kind == "id" and text == "let":
            self.take()
            bindings = self.bindings("in")
            return ("let", bindings, self.expression())
        if kind == "id" and text == "if":
            self.take()
            condition = self.expression()
            self.take("then")
            yes = self.expression()
            self.take("else")
            return ("if", condition, yes, self.expression())
        if kind == "id" and text in ("with", "assert"):
            self.take()
            first = self.expression()
            self.take(";")
            return (text, first, self.expression())
        if self.formals():
            depth = 0
            while True:
                text = self.take()[1]
                depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(text, 0)
                if depth == 0:
                    break
            if self.peek()[1] == "@":
                self.take()
                self.take()
            self.take(":")
            return ("lambda", self.expression())
        if kind == "id" and self.peek(1)[1] == ":":
            self.take()
            self.take()
            return ("lambda", self.expression())
        parts, operators = [], 0
        if self.peek()[1] in ("!", "-"):
            self.take()
            operators = 1
        parts.append(self.postfix())
        while True:
            kind, text = self.peek()
            if text in OPERATORS and kind == "op":
                self.take()
                operators += 1
                parts.append(("op", [self.attrpath()]) if text == "?" else self.postfix())
            elif kind in ("dyn", "str", "num", "path", "id") and text not in ("then", "else", "in") \
                    or text in ("(", "[", "{"):
                parts.append(self.postfix())
            else:
                break
        if operators:
            return ("op", parts)
        return parts[0] if len(parts) == 1 else ("call", parts)

    def postfix(self):
        value = self.atom()
        while self.peek()[1] == "." and self.peek()[0] == "op":
            self.take()
            names = self.attrpath()
            value = ("select", value, names)
            if self.peek() == ("id", "or"):
                self.take()
                value = ("op", [value, self.postfix()])
        return value

    def attrpath(self):
        names = [self.name()]
        while self.peek()[1] == "." and self.peek()[0] == "op":
            self.take()
            names.append(self.name())
        return names

    def name(self):
        """The name of an attribute, or None if it is computed."""
        kind, text = self.take()
        if kind == "id":
            return text
        if kind == "str":
            return unquote(text)
        if kind == "dyn":
            self.expression()
            self.take("}")
            self.place += len('"')
            return None
        raise SyntaxError(f"no name: {text!r}")

    def atom(self):
        kind, text = self.take()
        if kind == "str":
            return ("str", unquote(text))
        if kind in ("num", "path"):
            return (kind, text)
        if text == "(":
            value = self.expression()
            self.take(")")
            return value
        if text == "[":
            items = []
            while self.peek()[1] != "]":
                items.append(self.postfix())
            self.take()
            return ("list", items)
        if text == "{":
            return ("attrs", self.bindings("}"))
        if text == "rec":
            self.take("{")
            return ("attrs", self.bindings("}"))
        if kind == "id":
            return ("var", text)
        raise SyntaxError(f"unexpected {text!r} before {self.rest()}")

    def bindings(self, end):
        found = []
        while self.peek()[1] != end:
            if self.peek() == ("id", "inherit"):
                self.take()
                if self.peek()[1] == "(":
                    self.atom()
                while self.peek()[1] != ";":
                    name = self.name()
                    found.append((name, ("var", name)))
                self.take(";")
                continue
            key = self.name()
            self.take("=")
            found.append((key, self.expression()))
            self.take(";")
        self.take()
        return found


def unquote(text):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), text[1:-1], flags=re.S)
