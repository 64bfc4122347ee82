"""The codec's WebSocket: JSON-RPC 2.0 with xGet, xQuery and xFeedback; nothing changes the codec.

Error numbers as Cisco's own clients know them: -32602 for a path that leads nowhere, -31999 for
what is not permitted, -31998 for too many subscriptions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from drills.faces.xapi.configuration import configuration
from drills.faces.xapi.feedback import MOST_SUBSCRIPTIONS, Subscriptions
from drills.faces.xapi.status import status
from drills.faces.xapi.tree import end_of, pruned, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.faces.xapi.tree import Path
    from drills.model import Node
    from drills.world import World

_PARSE, _REQUEST, _NO_METHOD, _PARAMS = -32700, -32600, -32601, -32602
_PERMISSION, _SUBSCRIBERS = -31999, -31998
_WORDS = {
    _PARSE: "Parse error",
    _REQUEST: "Invalid request",
    _NO_METHOD: "Method not found",
    _PARAMS: "Invalid params",
    _PERMISSION: "Permission denied",
    _SUBSCRIBERS: "Subscriber count exceeded",
}


class _Refused(Exception):
    """The request is answered with an error of this number."""

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(code)
        self.code, self.why = code, why


class Conversation:
    """One WebSocket's questions, and its subscriptions."""

    def __init__(self, world: World, node: Node) -> None:
        self._world, self._node = world, node
        self._wanted: Subscriptions[int] = Subscriptions(world, node)
        self._count = 0

    def answer(self, message: str | bytes) -> str:
        """The reply to one message."""
        number: Any = None
        try:
            request = _request(message)
            number = request.get("id")
            return _said({"id": number, "result": self._result(request)})
        except _Refused as refused:
            error: dict[str, Any] = {"code": refused.code, "message": _WORDS[refused.code]}
            if refused.why:
                error["data"] = refused.why
            return _said({"id": number, "error": error})

    def news(self) -> Iterator[str]:
        """Notifications of what has changed since the last look."""
        for number, one in self._wanted.news():
            params = {"Id": number, one.name: told(one)}
            yield _said({"method": "xFeedback/Event", "params": params})

    def _result(self, request: dict[str, Any]) -> Any:
        method, params = request["method"], request.get("params", {})
        match method:
            case "xGet":
                return self._get(_path(params, "Path"))
            case "xQuery":
                found = pruned(self._roots(), _path(params, "Query"))
                return {one.name: told(one) for one in found}
            case "xFeedback/Subscribe":
                return {"Id": self._subscribe(_path(params, "Query"))}
            case "xFeedback/Unsubscribe":
                number = params.get("Id")
                if type(number) is not int or self._wanted.pop(number, None) is None:
                    raise _Refused(_PARAMS, "No such subscription")
                return True
            case _ if method == "xSet" or method.startswith("xCommand"):
                raise _Refused(_PERMISSION, "This simulated codec is read only")
        raise _Refused(_NO_METHOD)

    def _roots(self) -> tuple[Any, ...]:
        world, node = self._world, self._node
        return status(world, node, world.time()), configuration(node)

    def _get(self, path: Path) -> Any:
        ends = end_of(pruned(self._roots(), path), path)
        if not ends:
            raise _Refused(_PARAMS, "No match on Path argument")
        if ends[0].item is None:
            return told(ends[0])
        items = [{"id": str(one.item), **told(one)} for one in ends]
        return items[0] if isinstance(path[-1], int) else items

    def _subscribe(self, query: Path) -> int:
        if len(self._wanted) >= MOST_SUBSCRIPTIONS:
            raise _Refused(_SUBSCRIBERS)
        self._count += 1
        self._wanted.add(self._count, query)
        return self._count


def _request(message: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise _Refused(_PARSE) from error
    is_right = isinstance(found, dict) and isinstance(found.get("method"), str)
    if not is_right or not isinstance(found.get("params", {}), dict):
        raise _Refused(_REQUEST)
    request: dict[str, Any] = found
    return request


def _path(params: dict[str, Any], name: str) -> Path:
    found = params.get(name)
    steps = [found] if isinstance(found, str) else found
    if not isinstance(steps, list) or not steps or not all(type(s) in (str, int) for s in steps):
        raise _Refused(_PARAMS, f"{name} is no path")
    if isinstance(steps[0], int):
        raise _Refused(_PARAMS, f"{name} begins with a number")
    return tuple(steps)


def _said(message: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"))
