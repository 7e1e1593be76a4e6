"""The sandbox's own endpoint, `/_sandbox/…`, by which other processes do what a test does in Python.

| request | body | answer |
|---|---|---|
| GET state | | `{products: {shop: […]}, requests: {operation: n}, faults: […], rules: {…}}` |
| GET requests | | the recorded requests |
| POST rules | the rules that change | all rules |
| POST faults | a list of faults, each an object or as `--fault` takes it | those pending |
| DELETE faults | `{}`, or a list of faults: these only | those pending |
| POST fill | `{provider, count}`: products of other people's | `{count}` that there are then |
| POST create | `{provider, spec}` | the product |
| POST delete | `{provider, id}` | `{removed: bool}` |

400 with `message` for what is not understood.
"""

from typing import Any
from urllib.parse import urlsplit

from podsync.sandbox.faults.schedule import Fault, parse_fault
from podsync.sandbox.service import Service
from podsync.sandbox.wire import HttpRequest, HttpResponse, json_answer

PREFIX = "/_sandbox/"


def control_answer(request: HttpRequest, service: Service) -> HttpResponse:
    """The answer to a request below PREFIX."""
    if not _from_here(request):
        return json_answer(403, {"message": "only for programs on this machine"})
    try:
        result = _result(request, service)
        return json_answer(404, {"message": "Not Found"}) if result is None else json_answer(200, result)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return json_answer(400, {"message": str(error)})


def _result(request: HttpRequest, service: Service) -> object:
    """What is answered; None: there is nothing at that path."""
    match request.method, request.path.removeprefix(PREFIX):
        case "GET", "state":
            return {
                "products": service.store.committed(),
                "requests": service.counts,
                "faults": _faults(service),
                "rules": service.rules.to_dict(),
            }
        case "GET", "requests":
            return [item.to_dict() for item in service.requests]
        case "POST", "rules":
            service.rules = service.rules.with_changes(request.json())
            return service.rules.to_dict()
        case "POST", "faults":
            service.schedule.add(_read_faults(request.json()))
            return _faults(service)
        case "DELETE", "faults":
            given = request.json() if request.body else None
            service.schedule.clear(_read_faults(given) if given else None)
            return _faults(service)
        case "POST", "fill":
            wanted = request.json()
            return {"count": service.fill(str(wanted["provider"]), int(wanted["count"]))}
        case "POST", ("create" | "delete") as action:
            return _by_hand(action, request.json(), service)
    return None


def _by_hand(action: str, wanted: Any, service: Service) -> object:
    field = "spec" if action == "create" else "id"
    if not isinstance(wanted, dict) or "provider" not in wanted or field not in wanted:
        raise ValueError(f"provider and {field} are needed")
    if action == "create":
        return service.create_by_hand(wanted["provider"], wanted["spec"])
    return {"removed": service.delete(wanted["provider"], wanted["id"])}


def _read_faults(given: Any) -> list[Fault]:
    if not isinstance(given, list):
        raise ValueError("a list of faults is needed")
    return [parse_fault(item) if isinstance(item, str) else Fault.from_dict(item) for item in given]


def _faults(service: Service) -> list[dict[str, Any]]:
    return [fault.to_dict() for fault in service.schedule.pending()]


def _from_here(request: HttpRequest) -> bool:
    # A web page that a browser on this machine shows can reach loopback too. It cannot send this
    # content type without a preflight, which gets no answer, nor forge Host or hide its Origin.
    host = urlsplit(f"//{request.header('Host')}").hostname
    declared = request.method == "GET" or request.header("Content-Type").startswith("application/json")
    return host in {"127.0.0.1", "localhost"} and declared and not request.header("Origin")
