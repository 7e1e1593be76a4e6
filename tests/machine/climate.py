"""How the shops of a schedule behave, drawn by lot: what stays as it is, what changes, what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from podsync.sandbox import Fault, Rules
from tests.apply.world import SETTLE

#: A second account of each provider: what is sent there is lost to the catalog.
TOKENS = ("sandbox-kakaclo-token", "sandbox-kakaclo-token-2")
KEYS = ("sandbox-gelato-key", "sandbox-gelato-key-2")
#: What becomes of names; each has been seen at some shop.
NAMES = (
    "keep", "keep", "keep", "trim", "entities", "lower", "title", "upper", "emoji", "quotes", "ascii",
    "cut:22", "lower+entities", "fold+quotes",
)  # fmt: skip
PICTURES = ("kept", "kept", "rehosted", "foreign")
#: What no account does for ever: a good day ends it.
CALM: Mapping[str, Any] = {
    "age": None,
    "hidden": "",
    "replica": 0.0,
    "date_back": 0.0,
    "pages": "steady",
    "date_header": True,
}


def plain() -> dict[str, Any]:
    """Rules that every schedule has."""
    return {
        "kakaclo_bucket": None, "gelato_bucket": None, "kakaclo_tokens": TOKENS, "gelato_keys": KEYS,
    }  # fmt: skip


def climate(luck: random.Random) -> Rules:
    """How the shops are for all of a schedule."""
    return Rules(
        **plain(),
        names=luck.choice(NAMES),
        kakaclo_pictures=luck.choice(PICTURES),  # type: ignore[arg-type]
        kakaclo_text_ids=luck.random() < 0.3,
        kakaclo_model_id=luck.choice(["absent", "absent", "number", "text"]),  # type: ignore[arg-type]
        total=luck.choice(["true", "true", "true", "page", "none", "capped:2", "hidden:2"]),
        page_size=luck.choice([None, None, 2, 3]),
        date_header=luck.random() < 0.8,
        date_offset=luck.choice([0.0, 0.0, 900.0, -900.0]),
        create_date_hours=luck.choice([0.0, 0.0, 8.0, -8.0]),
        extra_fields=luck.random() < 0.3,
        gelato_names=luck.choice(["allow", "conflict"]),  # type: ignore[arg-type]
        gelato_pagination=luck.random() < 0.7,
        gelato_create_id=luck.choice(["cp", "bare"]),  # type: ignore[arg-type]
        gelato_list_id=luck.choice(["bare", "cp"]),  # type: ignore[arg-type]
        gelato_create_state=luck.random() < 0.3,
        gelato_created_status=luck.choice([200, 201]),
        gelato_list_quantities=luck.random() < 0.3,
        gelato_star_matches=luck.random() < 0.3,
        gelato_base_attributes=luck.random() < 0.3,
        gelato_customers=luck.choice(["ids", "ids", "ids", "upper"]),  # type: ignore[arg-type]
    )


#: What a page past the last one is, for all of a schedule.
ENDS = ("empty", "empty", "empty", "last", "error")


def of_shops(luck: random.Random) -> Rules:
    """How the shops are for a schedule in which their staff is at work."""
    rules = replace(climate(luck), past_end=luck.choice(ENDS))
    if rules.past_end == "error" or (rules.past_end == "last" and rules.total.startswith("hidden")):
        # Where no page is empty, and a total is larger than what is shown, nothing tells the end.
        rules = replace(rules, total="true", gelato_pagination=True)
    if rules.past_end == "last" and not (rules.total == "true" and rules.gelato_pagination):
        # Pages of a few rows that come out even tell no end without a total.
        rules = replace(rules, page_size=None)
    return rules


def weather(luck: random.Random, names: Collection[str], ids: Collection[str]) -> dict[str, Any]:
    """Return the rules that are others from now on; `names` and `ids` are those of all products."""
    # A replica that is behind, and a listing that lags, are together not later than what is waited for.
    replica = luck.choice([0.0, 0.0, 0.0, 200.0])
    lags = [0.0, 0.0, 45.0, 300.0, SETTLE - replica]
    found = {
        **CALM,
        "replica": replica,
        "kakaclo_lag": luck.choice(lags),
        "gelato_lag": luck.choice(lags),
        "hidden": luck.choice(["", "", "", luck.choice(["", *sorted(ids)])]),
        "order": luck.choice(["newest", "oldest", "shuffle"]),
        "order_seed": luck.randint(0, 99),
        "pages": luck.choice(["steady", "steady", "repeat"]),
        "age": luck.choice([None, None, None, 30]),
        "date_back": luck.choice([0.0, 0.0, 0.0, 60.0]),
        "search_misses": luck.choice(["", "", *sorted(names)]),
        "kakaclo_codes": luck.choice([(), (), ((1, "PODQNEW01"),), ((2, "PODQNEW02"), (3, "PODQNEW03"))]),
    }
    if luck.random() < 0.1:
        # Names stay as they are: what a state has seen kept for certain makes a changed one another product.
        found["kakaclo_pictures"] = luck.choice(PICTURES)
    return found


def of_values(luck: random.Random) -> Rules:
    """How the shops are for a schedule about values: a value that is sent twice is there twice."""
    return replace(
        climate(luck),
        names=luck.choice(["keep", "keep", "trim", "cut:20", "cut:18"]),
        gelato_repeated_values="twice",
        gelato_list_values=luck.random() < 0.8,
    )


CUTS = (
    "fin", "rst", "half", "hang", "html", "empty", "garbage", "commit-then-cut", "slow", "later", "late",
    "status:500", "status:502", "status:504", "status:302", "error-text", "job",
)  # fmt: skip
#: Each takes a fifth of a second of the test's own time.
DRIPS = ("drip-head", "drip-body", "continue")
NOT_SENT = ("status:429", "status:401", "status:403")
IN_BODY = ("code:401", "code:403", "code:408", "code:429", "code:500", "code:503")
#: What a listing may be like for some requests.
STRANGE = (
    "age=30", "total=capped:2", "total=page", "total=none", "total=hidden:3", "page_size=1", "pages=skip",
    "pages=repeat", "order=shuffle", "date_offset=900", "date_offset=-900", "date_header=false",
    "date_back=120", "gelato_customers=objects", "gelato_customers=joined", "gelato_model=missing",
)  # fmt: skip


#: A listing that is from a replica now and then; not where it lags for longer.
STALE, STALE_BY = "replica=250", 250.0


def later_fault(luck: random.Random, operation: str) -> Fault:
    """One thing that goes wrong with a request after a create."""
    kinds = [*CUTS, "status:400", "status:409", "status:404", *NOT_SENT]
    kind, commit = luck.choice(kinds), luck.random() < 0.5
    # What says that nothing was done is believed.
    commit = commit and kind not in NOT_SENT
    seconds = 30.0 if kind == "later" else 0.01  # each is a wait of the test's own time
    return Fault("gelato", operation, kind, skip=luck.choice([0, 0, 0, 1, 2]), commit=commit, seconds=seconds)


def fault(luck: random.Random, *, may_be_empty: Collection[str], may_be_stale: bool) -> Fault:
    """One thing that goes wrong; only where somebody is known may a listing be empty."""
    provider = luck.choice(["kakaclo", "gelato"])
    operation = luck.choice(["create", "create", "update", "list", "models"])
    skip, word = luck.choice([0, 0, 0, 1, 2]), luck.random()
    headers: tuple[tuple[str, str], ...] = ()
    commit, count, probability = False, 1, None
    if word < 0.5:
        kind, commit = luck.choice(CUTS), luck.random() < 0.5
    elif word < 0.53:
        kind, commit = luck.choice(DRIPS), luck.random() < 0.5
    elif word < 0.65:
        kind = luck.choice(NOT_SENT)
        headers = (("Retry-After", luck.choice(["3", "120", "-5", "soon", "1e9"])),)
    elif word < 0.8:
        # Which of several rows, dates or totals is told is told anew with each answer.
        operation, kind = luck.choice(["list", "list", "any"]), luck.choice([*STRANGE, STALE])
        kind = STRANGE[0] if kind == STALE and not may_be_stale else kind
        count, probability = luck.randint(1, 12), luck.choice([None, 0.5])
    elif operation == "create":
        kinds = ["code:20001", *IN_BODY] if provider == "kakaclo" else ["status:400", "status:422"]
        kinds += (
            ["status:409", "status:404"] if provider == "kakaclo" else ["other-id", "last-id", "status:409"]
        )
        kind, commit = luck.choice(kinds), luck.random() < 0.4
    elif operation == "update" and provider == "gelato":
        kind, commit = "unchanged", luck.random() < 0.5
    elif operation == "list" and provider in may_be_empty:
        kind = "nothing-listed"
    else:
        kind = luck.choice(CUTS)
    seed = luck.randint(0, 999)
    # With a listing that lags, too, that is as late as anything may be.
    seconds = luck.choice([5.0, 30.0]) if kind == "later" else 0.01
    return Fault(
        provider, operation, kind, count=count, skip=skip, commit=commit, seconds=seconds, headers=headers,
        probability=probability, seed=seed,
    )  # fmt: skip
