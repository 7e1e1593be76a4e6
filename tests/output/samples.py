"""Plans, reports and states that the goldens show. Times are fixed; nothing is read or asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from podsync.apply.report import Outcome, Report, Result
from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY, freeze
from podsync.model.position import Position
from podsync.model.product import Lifecycle
from podsync.plan.action import Action
from podsync.plan.change import UNKNOWN, Change, FieldChange
from podsync.plan.model import Plan
from podsync.state.entries import Absent, Entry, Orphan, Pending, Refusal, RememberedRow, Window
from podsync.state.model import State

#: 2026-11-20 14:02:10 UTC.
STATE_AT = 1795183330.0
DAY = 86400.0
TITLES = {"kakaclo": "designed_product", "gelato": "customer_product"}
HOSTS = freeze(
    {
        "kakaclo": {"base_url": "https://developer.kakaclo.com/openapi", "account": "default"},
        "gelato": {"base_url": "https://connect.gelatoapis.com", "account": "default"},
    }
)
NAMED_HOSTS = freeze(
    {
        "kakaclo": {"base_url": "https://developer.kakaclo.com/openapi", "account": "my-shop"},
        "gelato": {"base_url": "https://connect.gelatoapis.com", "account": "print-house"},
    }
)
NO_OPTIONS = "it cannot be ordered until its options have values (write them into the document)"
STAYS = "the old product stays on sale beside the new one until a person removes it"
PICTURES = "https://oss-pubilc.kakaclo.com/images/common/custom/images/20240325"

DINOSAUR = {
    "modelId": "1",
    "enName": "Dinosaur Round Neck Short Sleeve T-Shirt-Children's Clothing",
    "imageUrl": f"{PICTURES}/1f74a546-96ce-4940-86d2-b345f4897ad0.png",
    "backImageUrl": f"{PICTURES}/5baf5db0-4e6a-41e9-9c79-df2ec2bc758e.png",
    "materialImages": [
        {"imageName": "aaa", "imageUrl": f"{PICTURES}/5baf5db0-4e6a-41e9-9c79-df2ec2bc758e.png"}
    ],
    "colorValue": "#A72525",
}


def _option(key: str, name: str, part: str, *attributes: str) -> dict[str, Any]:
    mapping = [{"partModelId": part, "attributeIds": list(attributes)}]
    return {"id": key, "name": name, "attributesMapping": mapping}


COTTON = {
    "name": "Premium Cotton T-Shirt",
    "customerIds": ["customer-123", "customer-456"],
    "productModelId": "model-tshirt-001",
    "variantOptions": [
        _option("size", "Size", "fabric", "attr-size-small", "attr-size-medium", "attr-size-large"),
        _option("color", "Color", "fabric", "attr-color-red", "attr-color-blue", "attr-color-green"),
    ],
    "partQuantities": [{"partModelId": "fabric-cotton-premium", "quantity": 2}],
}
POSTER = {
    "name": "Premium Framed Poster",
    "customerIds": ["customer-123"],
    "productModelId": "model-framed-poster-001",
    "variantOptions": [
        {
            "id": "size",
            "name": "Size",
            "attributesMapping": [
                {"partModelId": "frame", "attributeIds": ["attr-width", "attr-height"]},
                {"partModelId": "poster-print-paper-premium", "attributeIds": ["attr-width", "attr-height"]},
            ],
        },
        _option("frame-color", "Frame Color", "frame", "attr-color"),
    ],
}
TOTE = {
    "name": "Eco-Friendly Tote Bag",
    "customerIds": ["*"],
    "productModelId": "model-tote-bag-eco",
    "variantOptions": [
        _option("material", "Material Type", "bag-fabric", "attr-cotton-organic", "attr-hemp", "attr-bamboo")
    ],
    "partQuantities": [
        {"partModelId": "fabric-organic-cotton", "quantity": 1},
        {"partModelId": "handle-cotton-rope", "quantity": 2},
    ],
}


def at(path: str, line: int) -> Position:
    return Position(path, line)


def change(name: str, action: Action, *, provider: str = "kakaclo", **more: Any) -> Change:
    """A change with everything frozen, and what the test does not care about filled in."""
    address = Address(TITLES.get(provider, "designed_product"), name)
    more = {key: freeze(value) if isinstance(value, dict | list) else value for key, value in more.items()}
    facts = {"action_reason": "", "reason": "", "account": "default", **more}
    return Change(address, action, provider=provider, **facts)


def create(name: str, spec: dict[str, Any], path: str, line: int = 2, **more: Any) -> Change:
    provider = "kakaclo" if "modelId" in spec else "gelato"
    if provider == "gelato":
        more.setdefault("risks", (NO_OPTIONS,))
    return change(
        name,
        Action.CREATE,
        provider=provider,
        reason="not in the state",
        after=spec,
        source=at(path, line),
        **more,
    )


def plan(changes: Iterable[Change], **more: Any) -> Plan:
    facts: dict[str, Any] = {
        "lineage": "5f0c8b9e-0000-4000-8000-000000000000",
        "serial": 3,
        "hosts": NAMED_HOSTS,
        "catalog_digest": "sha256:00",
        "state_label": "podsync.state.json",
        "state_at": STATE_AT,
        **more,
    }
    return Plan(changes=tuple(changes), **facts)


def unchanged(count: int) -> list[Change]:
    return [
        change(
            f"old-{index:03}",
            Action.NOOP,
            before=DINOSAUR,
            after=DINOSAUR,
            source=at(f"catalog/designed/old-{index:03}.yaml", 2),
        )
        for index in range(count)
    ]


def first_plan() -> Plan:
    return plan(
        [
            create("dinosaur-tee", DINOSAUR, "catalog/designed/dinosaur-tee.yaml"),
            create("cotton-tshirt", COTTON, "catalog/gelato/cotton-tshirt.yaml"),
            create("framed-poster", POSTER, "catalog/gelato/framed-poster.yaml"),
            create("tote-bag", TOTE, "catalog/gelato/tote-bag.yaml"),
        ],
        hosts=HOSTS,
        documents=4,
        files=4,
        serial=0,
        lineage="",
        state_at=None,
    )


def foreign_host() -> Plan:
    """A plan that goes elsewhere, whatever its account is called."""
    elsewhere = {"base_url": "https://api.example.net:8443/x", "account": "developer.kakaclo.com"}
    fault = Diagnostic(
        "warning",
        "foreign-host",
        "kakaclo is reached at api.example.net:8443, not one of its own hosts (developer.kakaclo.com)",
        detail="the key goes there; apply needs PODSYNC_ALLOWED_HOSTS=api.example.net:8443",
    )
    made = create("dinosaur-tee", DINOSAUR, "catalog/designed/dinosaur-tee.yaml")
    hosts = freeze({**NAMED_HOSTS, "kakaclo": elsewhere})
    return plan([made], hosts=hosts, diagnostics=(fault,), documents=1, files=1)


def _dino(colour: str, front: str, value: str) -> dict[str, Any]:
    return {
        **DINOSAUR,
        "modelId": "73",
        "enName": f"Dino Tee - {colour}",
        "imageUrl": f"https://cdn.example.com/dino/{front}.png",
        "backImageUrl": f"https://cdn.example.com/dino/{colour.lower()}-back.png",
        "colorValue": value,
    }


def replaced() -> Change:
    old, new = _dino("Crimson", "crimson-fornt", "#DC143C"), _dino("Crimson", "crimson-front", "#DC143C")
    return change(
        "dino-crimson",
        Action.REPLACE,
        reason="KakaClo cannot change it",
        before=old,
        after=new,
        shown={"product": {"customDesignedId": "900100200", "spu": "QCUT00911"}},
        made_at=STATE_AT - 17 * DAY,
        fields=(
            FieldChange(
                "imageUrl", old["imageUrl"], new["imageUrl"], True, at("catalog/designed/dino.yaml", 9)
            ),
        ),
        risks=(STAYS,),
        source=at("catalog/designed/dino.yaml", 9),
    )


def orphaned() -> Change:
    return change(
        "dino-teal",
        Action.ORPHAN,
        reason="its document is gone",
        before=_dino("Teal", "teal-front", "#117A7A"),
        shown={"product": {"customDesignedId": "900100204", "spu": "QCUT00915"}},
        made_at=STATE_AT - 16 * DAY,
        risks=("it stays on sale until a person removes it",),
        source=at("catalog/designed/dino.yaml", 14),
    )


def renamed() -> Change:
    source = at("catalog/gelato/poster.yaml", 5)
    risk = (
        'customer-123 and customer-456 order it by name: "Poster SP" is unknown from that moment '
        "(renamed_from: allowed here)"
    )
    return change(
        "framed-poster",
        Action.UPDATE,
        provider="gelato",
        reason="only fields that can change",
        before={**POSTER, "name": "Poster SP"},
        after={**POSTER, "name": "Poster Satin"},
        made_at=STATE_AT - 90 * DAY,
        fields=(FieldChange("name", "Poster SP", "Poster Satin", at=source),),
        risks=(risk,),
        source=source,
    )


def three_risky(others: int = 809) -> Plan:
    return plan(
        [renamed(), *unchanged(others), replaced(), orphaned()],
        documents=others + 3,
        files=214,
        state_run="https://github.com/acme/catalog/actions/runs/8101",
    )


def every_action() -> Plan:
    """One of each action that the other plans do not show, with a selection and unknown ids."""
    poster = at("catalog/gelato/poster.yaml", 6)
    before = {**POSTER, "customerIds": ["customer-123", "customer-456"]}
    opened = FieldChange(
        "customerIds", freeze(["customer-123", "customer-456"]), freeze(["customer-123", "*"]), at=poster
    )
    return plan(
        [
            change(
                "dino-moss",
                Action.SETTLE,
                reason="sent earlier, outcome not known",
                after=_dino("Moss", "moss-front", "#6B6B1F"),
                source=at("catalog/designed/dino.yaml", 104),
            ),
            change(
                "dino-ash",
                Action.ADOPT,
                after=_dino("Ash", "ash-front", "#808080"),
                importing="5012",
                shown={"spu": "QCUT00940"},
                source=at("catalog/designed/dino.yaml", 30),
            ),
            change(
                "dino-navy",
                Action.RESTORE,
                reason="the replace was reverted",
                fields=(FieldChange("modelId", "74", "73", True),),
                after=_dino("Navy", "navy-front", "#10204A"),
                shown={"product": {"spu": "QCUT00917"}},
                made_at=STATE_AT - 40 * DAY,
                source=at("catalog/designed/dino.yaml", 40),
            ),
            change(
                "dino-oak",
                Action.MOVE,
                reason="the same product under a new address",
                previous_address=Address("designed_product", "dino-wood"),
                before=_dino("Oak", "oak-front", "#7B4A24"),
                after=_dino("Oak", "oak-front", "#7B4A24"),
                shown={"product": {"spu": "QCUT00918"}},
                source=at("catalog/designed/dino.yaml", 50),
            ),
            change(
                "dino-sand",
                Action.NOTE,
                reason="only labels or lifecycle differ",
                before=_dino("Sand", "sand-front", "#C9B48A"),
                after=_dino("Sand", "sand-front", "#C9B48A"),
                shown={"product": {"spu": "QCUT00919"}},
                source=at("catalog/designed/dino.yaml", 60),
            ),
            change(
                "framed-poster",
                Action.UPDATE,
                provider="gelato",
                before=before,
                after={**POSTER, "customerIds": ["customer-123", "*"]},
                fields=(opened,),
                risks=("customer-456 can no longer name it as its own; every customer can order it now",),
                source=poster,
            ),
            change(
                "tote-bag",
                Action.UPDATE,
                provider="gelato",
                reason="an update is in doubt and is sent again",
                before=TOTE,
                after={**TOTE, "name": "Tote Bag"},
                fields=(FieldChange("name", UNKNOWN, "Tote Bag", at=at("catalog/gelato/tote.yaml", 4)),),
                source=at("catalog/gelato/tote.yaml", 4),
            ),
            change(
                "dino-rust",
                Action.REPLACE,
                before=_dino("Rust", "rust-front", "#B7410E"),
                after={**_dino("Rust", "rust-front", "#FF8800"), "modelId": "74"},
                made_at=STATE_AT - DAY,
                fields=(
                    FieldChange("colorValue", "#B7410E", "#FF8800", True),
                    FieldChange("materialImages[aaa].imageUrl", None, f"{PICTURES}/new.png", True),
                    FieldChange("modelId", "73", "74", True),
                ),
                risks=(STAYS, "only colour and artwork differ: old and new look alike at KakaClo"),
                source=at("catalog/designed/dino.yaml", 70),
            ),
        ],
        documents=9,
        files=3,
        state_label="branch podsync-state",
        selection=Selection(
            targets=("designed_product.dino-*", "customer_product.*"), selectors=(("season", "spring"),)
        ),
        unbound=freeze({"kakaclo": 2}),
    )


def refused() -> Plan:
    """Refusals of every form: with and without a place, long and short, and a warning."""
    return plan(
        [
            orphaned(),
            create("dino-teal-2", _dino("Teal", "teal-front", "#117A7A"), "catalog/designed/dino.yaml", 14),
            change(
                "framed-poster",
                Action.REPLACE,
                provider="gelato",
                reason="refused",
                before=POSTER,
                after={**POSTER, "productModelId": "model-framed-poster-002"},
                fields=(
                    FieldChange("productModelId", "model-framed-poster-001", "model-framed-poster-002", True),
                ),
                source=at("catalog/gelato/poster.yaml", 7),
            ),
        ],
        documents=1,
        files=1,
        diagnostics=(
            Diagnostic(
                "error",
                "looks-like-a-rename",
                "designed_product.dino-teal-2 is new and looks like designed_product.dino-teal, "
                "whose document is gone",
                at("catalog/designed/dino.yaml", 14),
                "if it is the same product, put `moved: [dino-teal]` into the new document; "
                "if both are meant, put `moved: []`",
                Address("designed_product", "dino-teal-2"),
            ),
            Diagnostic(
                "error",
                "gelato-replace",
                "customer_product.framed-poster: Gelato cannot change productModelId",
                at("catalog/gelato/poster.yaml", 7),
                "orders find a product by its exact name: undo the change here, make a new document with a "
                "name of its own, or let a new product take over the name: `lifecycle: {replace: swap}`",
                Address("customer_product", "framed-poster"),
            ),
            Diagnostic(
                "error",
                "max-creates",
                "214 creates are more than the limit of 50",
                detail="--allow creates=214 for once, or limits.max_creates in podsync.yaml for good",
            ),
            Diagnostic(
                "warning",
                "same-picture",
                "dino-teal-2 has the front picture of dino-moss",
                at("catalog/b.yaml", 3),
            ),
        ),
    )


def many(count: int = 10_000) -> Plan:
    """A matrix of designs × models × colours, as sellers have them."""
    shades = ("#A72525", "#10204A", "#117A7A", "#FFEE00", "#808080", "#FFFFFF", "#000000", "#1F9D3A")
    changes = []
    for index in range(count):
        design, shade = divmod(index, len(shades))
        spec = {
            "modelId": str(design % 5),
            "enName": f"Design {design:04} - {shade}",
            "imageUrl": f"{PICTURES}/{index}-front.png",
            "backImageUrl": f"{PICTURES}/{index}-back.png",
            "materialImages": [{"imageName": "art", "imageUrl": f"{PICTURES}/{design}.png"}],
            "colorValue": shades[shade],
        }
        changes.append(
            create(f"design-{index:05}", spec, f"catalog/designed/design-{design:04}.yaml", 2 + shade * 9)
        )
    return plan(changes, documents=count, files=count // len(shades), serial=0, state_at=None)


#: What people and attackers have put into names.
HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "right\u202eot\u202c left \u2066x\u2069 zero\u200bwidth",
    "::error file=x::gotcha",
    "##[group]gotcha ##[error]",
    "line one\n::warning::two\r\nthree\u2028four\u0085five\x00\x07\x7f",
    "very long " + "long " * 100 + "end",
    "T恤 恐龙 圆领短袖儿童装 " * 6,
    '" · model 5 ## [x] `code` <b>|',
)


def hostile() -> Plan:
    def designed(index: int, text: str) -> Change:
        spec = {
            "modelId": text,
            "enName": text,
            "imageUrl": f"https://example.com/{text}.png",
            "backImageUrl": text,
            "materialImages": [{"imageName": text, "imageUrl": text}],
            "colorValue": text,
        }
        return create(f"hostile-{index}", spec, f"catalog/{text[:20]}.yaml", risks=(text,))

    poster = {**POSTER, "name": HOSTILE[2], "customerIds": [HOSTILE[0], HOSTILE[4]]}
    rename = change(
        "renamed",
        Action.UPDATE,
        provider="gelato",
        before=poster,
        after={**poster, "name": HOSTILE[3]},
        fields=tuple(FieldChange(f"name[{one}]", one, two) for one, two in pairwise(HOSTILE)),
        risks=("::error::" + HOSTILE[3],),
        source=at("catalog/gelato/renamed.yaml", 4),
    )
    return plan(
        [*(designed(index, text) for index, text in enumerate(HOSTILE)), rename],
        documents=9,
        files=9,
        state_label="::notice::label",
        state_run="##[error] run",
        diagnostics=(
            Diagnostic("error", "::x", "::error::gotcha " * 9, at("::error::.yaml", 1), "##[endgroup]" * 9),
        ),
    )


#: 2026-11-21 02:13:58 UTC.
SENT_AT = 1795227238.0


def outcome(
    name: str, result: Result, action: Action = Action.CREATE, provider: str = "kakaclo", **more: Any
) -> Outcome:
    address = Address(TITLES[provider], name)
    return Outcome(address, action, result, provider, **more)


def report_plan() -> Plan:
    colours = ("ash", "lime", "moss", "navy", "oak")
    changes = [
        create(f"dino-{one}", _dino(one.title(), f"{one}-front", "#808080"), "catalog/designed/dino.yaml")
        for one in colours
    ]
    return plan([*changes, replaced(), orphaned()])


def complete_report() -> Report:
    made = [
        outcome("dino-ash", Result.CREATED, id="5012", remote=freeze({"product": {"spu": "QCUT00940"}})),
        outcome("dino-lime", Result.CREATED),
        outcome("tote-bag", Result.CREATED, provider="gelato", id="550e8400"),
    ]
    return Report(
        report_plan(), tuple(made), notes=("2 ids are not known yet: the next apply reads them first.",)
    )


def replacing_report() -> Report:
    done = [
        outcome("dino-crimson", Result.REPLACED, Action.REPLACE, id="5040"),
        outcome("dino-teal", Result.ORPHANED, Action.ORPHAN),
    ]
    return Report(report_plan(), tuple(done))


def incomplete_report() -> Report:
    """The token was refused in the middle of a run in CI."""
    source = "catalog/designed/dino.yaml"
    made = [outcome(f"dino-{index:02}", Result.CREATED, id=str(5000 + index)) for index in range(12)]
    failed = outcome(
        "dino-lime",
        Result.FAILED,
        source=at(source, 92),
        attempts=1,
        http_status=200,
        provider_code=20013,
        error='KakaClo: code 20013 "Model is out of stock". Nothing was made, as far as KakaClo says; the '
        "next apply looks before it sends it again",
        next=("choose another modelId, or go on without: --exclude designed_product.dino-lime",),
    )
    doubt = outcome(
        "dino-moss",
        Result.IN_DOUBT,
        source=at(source, 104),
        attempts=1,
        error="no answer within 30 s",
        since=SENT_AT,
        until=SENT_AT + 630,
    )
    why = "KakaClo refused the token (401) at 02:14:07 UTC"
    rest = [outcome(f"dino-z{index:02}", Result.NOT_TRIED, error=why) for index in range(24)]
    other = 'the state is new or lost, and this may be it: 550e8400 "Tote Bag"'
    rest += [outcome(name, Result.NOT_TRIED, provider="gelato", error=other) for name in ("bag", "tote-bag")]
    return Report(
        report_plan(),
        (*made, failed, doubt, *rest),
        stopped=freeze({"kakaclo": why}),
        credentials_refused=True,
        next=(
            "renew the token: https://kakaclo.com/personal-center/api-setting",
            "gh secret set KAKACLO_ACCESS_TOKEN --env production",
        ),
    )


def interrupted_report() -> Report:
    done = [
        outcome("dino-ash", Result.CREATED, id="5012"),
        outcome("dino-lime", Result.IN_DOUBT, error="the run was stopped before an answer", since=SENT_AT),
        outcome("dino-moss", Result.NOT_TRIED),
    ]
    return Report(report_plan(), tuple(done), signal=2)


def first_contact_report() -> Report:
    rest = [outcome(name, Result.NOT_TRIED, error="not begun") for name in ("dino-ash", "dino-lime")]
    why = "KakaClo lists 214 products already, and the state knows none of them"
    return Report(report_plan(), tuple(rest), refused=why, next=("podsync apply --first-contact",))


def hostile_report() -> Report:
    def one(index: int, text: str) -> Outcome:
        result = (Result.FAILED, Result.IN_DOUBT, Result.NOT_TRIED, Result.CREATED)[index % 4]
        facts = {"error": text, "next": (text,), "since": 1e300, "until": SENT_AT}
        return outcome(
            f"hostile-{index}", result, source=at(text[:30], 1), remote=freeze({"spu": text}), **facts
        )

    outcomes = tuple(one(index, text) for index, text in enumerate(HOSTILE))
    return Report(
        report_plan(), outcomes, stopped=freeze({"kakaclo": HOSTILE[4]}), notes=HOSTILE, next=("::error::x",)
    )


def state() -> State:
    def entry(name: str, spec: dict[str, Any], **more: Any) -> Entry:
        provider = "kakaclo" if "modelId" in spec else "gelato"
        address = Address(TITLES[provider], name)
        facts = {"created_at": STATE_AT, "updated_at": STATE_AT, "spec": freeze(spec), **more}
        return Entry(address, provider, "default", **facts)

    doubt = Pending(
        "create",
        freeze(_dino("Moss", "moss-front", "#6B6B1F")),
        written_at=SENT_AT,
        send_before=SENT_AT + 30,
        why="no answer within 30 s",
    )
    spus = freeze({"product": {"customDesignedId": "900100240", "spu": "QCUT00940"}})
    entries = (
        entry("dino-crimson", _dino("Crimson", "crimson-front", "#DC143C"), id="5040", remote=spus),
        entry("dino-ash", _dino("Ash", "ash-front", "#808080")),
        Entry(Address("designed_product", "dino-moss"), "kakaclo", "default", None, pending=doubt),
        entry(
            "cotton-tshirt",
            COTTON,
            id="550e8400-e29b-41d4-a716-446655440001",
            origin="adopted",
            unverified=("partQuantities",),
            labels=freeze({"season": "spring"}),
            lifecycle=Lifecycle(prevent_orphan=True),
        ),
        entry(
            "hostile",
            {**POSTER, "name": HOSTILE[0] + HOSTILE[3]},
            id="::error::",
            labels=freeze({"a": HOSTILE[4]}),
        ),
    )
    orphans = (
        Orphan(
            Address("designed_product", "dino-teal"),
            "kakaclo",
            "default",
            freeze(_dino("Teal", "teal-front", "#117A7A")),
            id="5009",
            remote=freeze({"product": {"spu": "QCUT00915"}}),
            created_at=STATE_AT,
            orphaned_at=STATE_AT + 4 * DAY,
        ),
        Orphan(
            Address("designed_product", "dino-crimson"),
            "kakaclo",
            "default",
            freeze(_dino("Crimson", "crimson-fornt", "#DC143C")),
            id="5008",
            remote=freeze({"product": {"spu": "QCUT00911"}}),
            created_at=STATE_AT,
            orphaned_at=STATE_AT + 2 * DAY,
            reason="replaced",
            replaced_by="5040",
        ),
    )
    return State("lineage", 7, {one.address: one for one in entries}, orphans)


def learned_state() -> State:
    """The same after something was learned of the providers, and refused."""
    known = state()
    ash = Address("designed_product", "dino-ash")
    window = Window(STATE_AT, STATE_AT + 1, reading=1)
    entries = dict(known.entries)
    lacks = freeze({"variants": None})
    entries[ash] = replace(entries[ash], id="5041", window=window, outdated_at=STATE_AT, lacks=lacks)
    host = _dino("Ash", "ash-front", "#808080")["imageUrl"].split("/")[2]
    body = freeze(_dino("Ash", "ash-front", "#818181"))
    refusal = Refusal("kakaclo", "default", body, STATE_AT, None, "the colour is not one of ours", 1)
    return replace(
        known,
        entries=entries,
        refusals={
            ash: (refusal, Refusal("kakaclo", "default", EMPTY, STATE_AT - DAY, digests=("sha256:1",)))
        },
        released={ash: 2},
        observed=freeze(
            {
                "kakaclo": {
                    "default": {
                        "pictures": {
                            host: {"imageUrl": "kept", "backImageUrl": "re-hosted", "proof": "5040"},
                            "elsewhere.example.com": {"imageUrl": "kept", "proof": "5039"},
                        },
                        "names": {"cut": 100, "trimmed": True, "proof": {"cut": "5040"}},
                    }
                }
            }
        ),
        landmarks=freeze({"kakaclo": [{"id": "5040", "spu": "QCUT00940"}, {"id": "4990"}]}),
        models=freeze({"kakaclo": {str(body["modelId"]): ["PODQRA073", "PODQRA074"], "9": ["X"]}}),
        foreign={"kakaclo": ("4990", "4991"), "gelato": ("77",)},
        unclaimed={"kakaclo": ("4992",)},
        remembered={
            "kakaclo": {
                "4993": RememberedRow(STATE_AT, (str(ash),), body),
                "4990": RememberedRow(STATE_AT, (str(ash),), body),
            }
        },
        absent={
            "kakaclo": {"5040": Absent(STATE_AT + DAY), "5008": Absent(STATE_AT + DAY, gone=True)},
        },
        readings={"kakaclo": {1: ("4990",)}},
        contacts={"kakaclo": STATE_AT},
        catalog="catalog",
    )
