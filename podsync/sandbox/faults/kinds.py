"""The kinds of fault, by the stage of a request at which each of them acts.

on request: `NAME=VALUE` puts other `Rules` in force, and with them what happens
on insert, to names and pictures (the table `rules.TREATMENTS`), and
on list, to order, pages, totals, and what is hidden or old (`listing`);
on answer: something else is answered than the truth (`answers.ANSWERS`, and those of each side);
on the wire: something becomes of the bytes (`delivery.DELIVERIES`).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultKind:
    """help: one line. commits: whether the request takes effect; None: as the fault says.

    numbers: what may follow the colon, None for kinds without one. provider: the only one whose
    answers can be so. default: the operation that is meant where none is named.
    """

    help: str
    commits: bool | None = None
    numbers: range | None = None
    provider: str = ""
    default: str = "create"


KINDS: Mapping[str, FaultKind] = {
    "fin": FaultKind("the connection is closed without an answer"),
    "commit-then-cut": FaultKind("the same, after the request was carried out", commits=True),
    "rst": FaultKind("the connection is reset without an answer"),
    "half": FaultKind("half of the body, then closed"),
    "hang": FaultKind("no answer for `seconds`, then closed"),
    "late": FaultKind("nothing for `seconds`, only then carried out and answered", commits=True),
    "later": FaultKind("answered as if carried out, and in force only `seconds` later", commits=True),
    "slow": FaultKind("carried out, and the bytes dripped over `seconds`", commits=True),
    "drip-head": FaultKind("a head that goes on for `seconds`, byte by byte, then closed"),
    "drip-body": FaultKind("a body that does"),
    "continue": FaultKind("`100 Continue` over and over for `seconds`, then closed"),
    # A 1xx with a body would break the framing instead of being an answer.
    "status": FaultKind("HTTP N, with `headers` (Retry-After, Location) and `body`", numbers=range(200, 600)),
    "html": FaultKind("200 with an HTML page"),
    "empty": FaultKind("200 with no body"),
    "garbage": FaultKind("200 with something that is not JSON"),
    "nothing-listed": FaultKind("a well-formed listing without a single row"),
    "error-text": FaultKind("200 with the text of an error"),
    "job": FaultKind("202: what was sent, with the id of a job"),
}
