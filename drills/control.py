"""The simulator's control API: look at the world, break something, mend it again.

`GET /world`, `POST /faults {"fault", "on", "params"}` -> 201 `{"id"}`, `DELETE /faults/ID` -> 204.
What is wrong with a request comes back as one line in `{"error"}`, with status 400 or 404.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from drills import faults
from drills.model import Page
from inventory.errors import InputError
from inventory.language import say

if TYPE_CHECKING:
    from drills.model import Ask, Node, Value
    from drills.world import World
    from inventory.language import Language

_FAULTS = "/faults"


def respond(world: World, request: Ask, language: Language) -> Page:
    """Answer one request; a fault posted here is a mutation with source `inject`."""
    method, path = request.method, request.path
    try:
        if path == "/world":
            return _json(200, view(world)) if method == "GET" else _wrong_method(request, language)
        if path == _FAULTS:
            return _post(world, request) if method == "POST" else _wrong_method(request, language)
        if path.startswith(f"{_FAULTS}/"):
            return _delete(world, request, language)
    except InputError as error:
        return _problem(400, error.text(language))
    return _problem(404, say("sim.request.not_found", language, path=path))


def view(world: World) -> dict[str, Value]:
    """The world now: who has power, which ports are up, which faults are in force, what changed."""
    t = world.time()
    nodes = world.topology.nodes.values()
    return {
        "template": world.template.name,
        "seed": world.seed,
        "version": world.version,
        "t": round(t, 3),
        "wards": list(world.topology.codes),
        "devices": [_device(world, node, t) for node in nodes if node.address],
        "facts": {key: value for key, value in world.facts().items() if key[:6] != "fault "},
        "faults": [
            {"id": found.id, "fault": found.fault, "on": found.on, "params": dict(found.params)}
            for found in faults.active(world)
        ],
        "mutations": [mutation.as_json() for mutation in world.mutations],
    }


def _device(world: World, node: Node, t: float) -> dict[str, Value]:
    refs = {port.name: f"{node.name}:{port.name}" for port in node.ports}
    return {
        "name": node.name,
        "ward": node.ward or None,
        "role": node.role,
        "address": node.address,
        "power": world.powered(node.name, t),
        "ports": {
            name: {"admin": _up(world.admin(ref)), "oper": _up(world.oper(ref, t))}
            for name, ref in refs.items()
        },
    }


def _up(is_up: bool) -> str:
    return "up" if is_up else "down"


def _post(world: World, request: Ask) -> Page:
    asked = _fault_asked(request.body)
    if asked is None:
        raise InputError("sim.request.body")
    id_ = faults.apply(world, asked["fault"], asked.get("on", ""), asked.get("params", {}))
    return _json(201, {"id": id_})


def _fault_asked(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or set(found) - {"fault", "on", "params"}:
        return None
    types = {"fault": str, "on": str, "params": dict}
    is_right = "fault" in found and all(isinstance(v, types[k]) for k, v in found.items())
    return found if is_right else None


def _delete(world: World, request: Ask, language: Language) -> Page:
    if request.method != "DELETE":
        return _wrong_method(request, language)
    try:
        faults.clear(world, request.path.removeprefix(f"{_FAULTS}/"))
    except InputError as error:
        return _problem(404, error.text(language))
    return Page(204, "", b"")


def _wrong_method(request: Ask, language: Language) -> Page:
    text = say("sim.request.method", language, method=request.method, path=request.path)
    return _problem(400, text)


def _problem(status: int, text: str) -> Page:
    return _json(status, {"error": text})


def _json(status: int, value: Value) -> Page:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    return Page(status, "application/json", body.encode())
