"""The codec's shell behind SSH: xStatus, xConfiguration, xFeedback in three output modes.

As in Cisco's API reference guides: a command is a line, or `{OCTETS} ` and so many octets; what
follows `| resultId=` comes back with the answer. What would change the codec is refused.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from drills.faces.xapi.configuration import configuration
from drills.faces.xapi.feedback import MOST_SUBSCRIPTIONS, Subscriptions
from drills.faces.xapi.status import VERSIONS, status
from drills.faces.xapi.tree import framed, leaves, path_of, pruned, xml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.faces.xapi.tree import Branch
    from drills.model import Node
    from drills.world import World

_Mode: TypeAlias = Literal["terminal", "xml", "json"]
_MODES: dict[str, _Mode] = {"terminal": "terminal", "xml": "xml", "json": "json"}
_FRAME = re.compile(rb"\{(\d{1,6})\}[ \r]*")
_RESULT_ID = re.compile(r"^(.*?)\s*\|\s*resultid\s*=\s*\"?([^\"]*)\"?\s*$", re.IGNORECASE)
_MOST_WAITING = 65_536
_NO_MATCH = "No match on address expression"
_READ_ONLY = "Permission denied: this simulated codec is read only"


class _Asked(NamedTuple):
    """One command: its words, and the id to be told with the answer."""

    text: str
    result_id: str | None


class Shell:
    """One login's shell. `greeting` first, then `feed` with what is typed, `news` now and then."""

    def __init__(self, world: World, node: Node) -> None:
        self._world, self._node = world, node
        self._mode: _Mode = "terminal"
        self._echoes = True
        self._waiting = b""
        self._wanted: Subscriptions[str] = Subscriptions(world, node)
        self.is_over = False

    def greeting(self) -> str:
        """What is said when a login succeeds."""
        version = VERSIONS[self._world.fact("firmware", self._node.name)]
        return f"Welcome to {self._node.name}\nRelease {version}\n*r Login successful\n\nOK\n\n"

    def feed(self, octets: bytes) -> str:
        """What the shell answers to octets that were typed; lines may come in pieces."""
        self._waiting += octets
        answers = []
        while not self.is_over and (line := self._line()) is not None:
            answers.append(self._answer(line))
        if len(self._waiting) > _MOST_WAITING:
            self.is_over = True
        return "".join(answers)

    def news(self) -> str:
        """Feedback of what has changed since the last look."""
        return "".join(self._told([one], None, ends=False) for _query, one in self._wanted.news())

    def _line(self) -> bytes | None:
        """The next whole command, framed or not; None while it is still being typed."""
        line, newline, rest = self._waiting.partition(b"\n")
        if not newline:
            return None
        frame = _FRAME.fullmatch(line)
        if frame is None:
            self._waiting = rest
            return line
        if len(rest) < int(frame[1]):
            return None
        framed_, self._waiting = rest[: int(frame[1])], rest[int(frame[1]) :]
        return framed_.partition(b"\n")[0]

    def _answer(self, line: bytes) -> str:
        text = line.decode("utf-8", "replace").strip()
        echoed = f"{text}\n" if self._echoes else ""
        found = _RESULT_ID.match(text)
        asked = _Asked(found[1], found[2]) if found else _Asked(text, None)
        verb, _, rest = asked.text.partition(" ")
        return echoed + self._done(verb.lower(), rest.strip(), asked)

    def _done(self, verb: str, rest: str, asked: _Asked) -> str:
        match verb:
            case "":
                return ""
            case "bye" | "exit":
                self.is_over = True
                return ""
            case "echo":
                self._echoes = rest.lower() == "on"
                return self._ok(asked)
            case "xpreferences":
                return self._prefer(rest, asked)
            case "xstatus" | "xconfiguration":
                return self._read(verb.removeprefix("x").capitalize(), rest, asked)
            case "xfeedback":
                return self._feedback(rest, asked)
            case "xcommand" | "xset":
                return self._refuse("Command", _READ_ONLY, "", asked)
        return self._refuse("Command", "Unknown command", "", asked)

    def _prefer(self, rest: str, asked: _Asked) -> str:
        words = rest.lower().split()
        mode = _MODES.get(words[1]) if len(words) == 2 and words[0] == "outputmode" else None
        if mode is None:
            return self._refuse("Preferences", "Unknown preference", "", asked)
        self._mode = mode
        return "" if mode == "json" else "\nOK\n\n"

    def _read(self, root: str, rest: str, asked: _Asked) -> str:
        if ":" in rest:
            return self._refuse(root, _READ_ONLY, "", asked)
        path = path_of(f"{root} {rest}")
        roots = (status(self._world, self._node, self._world.time()), configuration(self._node))
        found = pruned(roots, path) if path is not None else ()
        if not found:
            return self._refuse(root, _NO_MATCH, f"{root}/{'/'.join(rest.split())}", asked)
        return self._told(found, asked.result_id)

    def _feedback(self, rest: str, asked: _Asked) -> str:
        verb, _, told = rest.partition(" ")
        query = path_of(told)
        match verb.lower():
            case "register" if query and len(self._wanted) < MOST_SUBSCRIPTIONS:
                self._wanted.add(told.strip().lower(), query)
            case "deregister" if query:
                self._wanted.pop(told.strip().lower(), None)
            case "deregisterall":
                self._wanted.clear()
            case _:
                return self._refuse("Feedback", "Invalid or too many expressions", told, asked)
        return self._ok(asked)

    # -- three ways to say it --

    def _told(self, found: Sequence[Branch], result_id: str | None, *, ends: bool = True) -> str:
        if self._mode == "json":
            mark = {} if result_id is None else {"ResultId": result_id}
            return json.dumps({**mark, **{one.name: framed(one) for one in found}}) + "\n"
        if self._mode == "xml":
            return _document("".join(xml(one) for one in found), result_id)
        lines = [
            f"*{path[0][0].lower()} {' '.join(map(str, path[1:]))}: {_quoted(text)}\n"
            for path, text in leaves(found)
            if isinstance(path[0], str)
        ]
        end = "" if result_id is None else f'*r resultId: "{result_id}"\n'
        return "".join(lines) + end + "** end\n" + ("\nOK\n\n" if ends else "")

    def _ok(self, asked: _Asked) -> str:
        if self._mode == "json":
            return json.dumps({"ResultId": asked.result_id or ""}) + "\n"
        if self._mode == "xml" and asked.result_id is not None:
            return _document("", asked.result_id)
        return "\nOK\n\n"

    def _refuse(self, about: str, reason: str, where: str, asked: _Asked) -> str:
        parts = {"Reason": reason} | ({"XPath": where} if where else {})
        if self._mode == "json":
            body = {"status": "Error"} | {name: {"Value": text} for name, text in parts.items()}
            mark = {"ResultId": asked.result_id or ""}
            return json.dumps({**mark, "CommandResponse": {about: body}}) + "\n"
        if self._mode == "xml":
            inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items())
            return _document(f'<{about} status="Error">{inner}</{about}>', asked.result_id)
        lines = [f'*r {about}Result {name}: "{text}"\n' for name, text in parts.items()]
        return f"*r {about}Result (status=Error):\n{''.join(lines)}** end\n\nERROR\n\n"


def _document(inner: str, result_id: str | None) -> str:
    mark = "" if result_id is None else f" resultId={quoteattr(result_id)}"
    return f"<XmlDoc{mark}>\n{inner}\n</XmlDoc>\n"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9.]+", text) else f'"{text}"'
