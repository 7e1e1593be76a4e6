"""The page of a plan, without a browser: structure, policy, data, sizes. `tests/browser` has the rest."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position
from podsync.output.html.page import embedded, page_data, plan_html, review_pieces
from podsync.output.text.plan_head import OLD_STAYS, STAYS, refused_addresses
from podsync.plan.action import Action
from podsync.plan.change import UNKNOWN
from podsync.plan.model import Plan, summary_line
from tests.output import samples
from tests.output.golden import Golden

MARKUP = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "-->",
    "<img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "{{script}}{{data}}{{policy}}",
    "javascript:alert(1)",
    "&lt;b&gt;&#x3C;",
    "]]><svg/onload=alert(1)>",
    "</title></style></noscript><h1>gotcha</h1>",
    "\ufeff\u2028\u2029\u202e\x00\x1b[31m",
    "##[error] ::error::",
    "ด้้้้้็็็็็้้้้้็็็็ 田中さん 👩‍👩‍👧‍👦 ﷽",
)
PLANS: dict[str, Callable[[], Plan]] = {
    "first": samples.first_plan,
    "risky": samples.three_risky,
    "every-action": samples.every_action,
    "refused": samples.refused,
    "hostile": samples.hostile,
    "markup": lambda: named(*MARKUP),
    "no-changes": lambda: samples.plan(samples.unchanged(12), documents=12, files=12),
}


def named(*texts: str) -> Plan:
    """Products that carry a text in every place where a catalog can put one."""
    changes = [
        samples.create(
            f"product-{index}",
            {
                "modelId": text,
                "enName": text,
                "imageUrl": text,
                "materialImages": [{"imageName": text, "imageUrl": text}],
                "colorValue": text,
                text: text,
            },
            f"catalog/{text}/file.yaml",
            risks=(text,),
            labels={text: text},
        )
        for index, text in enumerate(texts)
    ]
    return samples.plan(changes, state_label=texts[0], state_run=texts[0], documents=len(texts))


class Page(HTMLParser):
    """What a parser of HTML sees."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, list[str]] = {}
        self.words = ""
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        self.contents.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (the parser's own name for it)
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.contents[self._inside][-1] += data
        if self._inside not in ("script", "style"):
            self.words += data

    @property
    def data(self) -> Any:
        return json.loads(self.contents["script"][0])

    @property
    def policy(self) -> str:
        return next(
            str(attrs["content"])
            for tag, attrs in self.tags
            if attrs.get("http-equiv") == "Content-Security-Policy"
        )


@pytest.mark.parametrize("name", PLANS)
def test_the_data_comes_out_as_it_went_in(name: str) -> None:
    plan = PLANS[name]()

    assert Page(plan_html(plan)).data == json.loads(json.dumps(page_data(plan)))


def test_no_name_is_altered() -> None:
    texts = [*MARKUP, *samples.HOSTILE]

    found = Page(plan_html(named(*texts))).data["changes"]

    assert [change["spec"]["enName"] for change in found] == texts
    assert [change["labels"] for change in found] == [{text: text} for text in texts]


@given(st.text(st.characters(), max_size=30))
def test_any_text_survives_a_script_element(text: str) -> None:
    page = "".join(embedded({"hash": text, "changes": [{"name": text}, {text: [text]}]}))

    page.encode()
    assert json.loads(page) == {"hash": text, "changes": [{"name": text}, {text: [text]}]}
    assert not re.search("[<>&\u2028\u2029]|##\\[", page)


@pytest.mark.parametrize("name", PLANS)
def test_nothing_in_a_plan_becomes_markup(name: str) -> None:
    page = Page(plan_html(PLANS[name]()))
    count = [tag for tag, _ in page.tags].count

    assert (count("script"), count("style"), count("a"), count("form"), count("h1")) == (2, 1, 1, 1, 1)
    assert not {"img", "svg", "iframe", "object", "link", "base", "b>"} & {tag for tag, _ in page.tags}
    for _, attrs in page.tags:
        assert not [key for key in attrs if key.startswith("on") or key in ("src", "style", "action")]
        assert attrs.get("href", "#changes") == "#changes"


@pytest.mark.parametrize("name", PLANS)
def test_no_line_is_a_runners_command(name: str) -> None:
    text = plan_html(PLANS[name]())

    assert "##[" not in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("name", PLANS)
def test_the_policy_allows_this_style_this_script_and_pictures(name: str) -> None:
    page = Page(plan_html(PLANS[name]()))

    def allowed(content: str) -> str:
        return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    rules = dict(rule.split(" ", 1) for rule in page.policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "img-src": "https:",
        "style-src": f"'{allowed(page.contents['style'][0])}'",
        "script-src": f"'{allowed(page.contents['script'][1])}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_script_makes_text_nodes_only() -> None:
    script = Page(plan_html(samples.first_plan())).contents["script"][1]

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch\(", script
    )


@pytest.mark.parametrize("name", PLANS)
def test_without_a_script_the_page_still_says_what_matters(name: str) -> None:
    plan = PLANS[name]()
    words = Page(plan_html(plan)).words

    assert plan.hash in words
    assert summary_line(plan.summary) in words
    assert all(str(change.address) in words for change in plan.work)
    assert (STAYS in words) == bool(plan.summary[Action.ORPHAN])
    assert (OLD_STAYS in words) == bool(replaces(plan))
    assert ("apply sends nothing before this is settled" in words) == plan.errored
    assert all(one.rule in words for one in plan.diagnostics if one.rule != "::x")


def replaces(plan: Plan) -> list[samples.Change]:
    """The replaces that would happen."""
    refused = refused_addresses(plan)
    return [c for c in plan.work if c.action is Action.REPLACE and c.address not in refused]


def dino(name: str, artwork: str, **more: Any) -> samples.Change:
    spec = {**samples.DINOSAUR, "materialImages": [{"imageName": "a", "imageUrl": artwork}], **more}
    return samples.create(name, spec, "catalog/designed/dino.yaml")


def test_variants_of_one_design_are_one_block() -> None:
    reds = [dino(f"red-{at}", "https://cdn.example.com/red.png", colorValue=f"#{at}00000") for at in range(3)]
    blues = [dino(f"blue-{at}", "https://cdn.example.com/blue.png") for at in range(2)]
    alone = dino("green", "https://cdn.example.com/green.png")
    tote = samples.create("tote", samples.TOTE, "catalog/tote.yaml")

    data = page_data(samples.plan([*reds, *blues, alone, tote]))

    assert [one.get("block") for one in data["changes"]] == [0, 0, 0, 1, 1, None, None]


def test_what_is_done_to_variants_tells_their_blocks_apart() -> None:
    new = dino("new", "https://cdn.example.com/red.png")
    gone = samples.change("gone", Action.ORPHAN, before=new.after)

    data = page_data(samples.plan([new, gone]))

    assert [one.get("block") for one in data["changes"]] == [None, None]


def digests(*changes: samples.Change, **about: Any) -> list[str]:
    return [one["digest"] for one in page_data(samples.plan(changes), **about)["changes"]]


def test_a_digest_is_of_what_a_card_shows() -> None:
    """A tick must not outlive the picture that was seen, nor be lost by a line added above a product."""
    spec = dict(samples.DINOSAUR)
    one = samples.create("tee", spec, "catalog/a.yaml", 2)
    moved = samples.create("tee", spec, "catalog/b.yaml", 40)
    other = samples.create(
        "tee", {**spec, "imageUrl": "https://cdn.example.com/other.png"}, "catalog/a.yaml", 2
    )
    risky = samples.create("tee", spec, "catalog/a.yaml", 2, risks=("it opens to everybody",))

    assert digests(one) == digests(moved)
    assert len({*digests(one), *digests(other), *digests(risky)}) == 3
    assert digests(one) != digests(one, models={"1": "Raglan Tee"})


def test_models_are_named_where_they_are_known() -> None:
    data = page_data(samples.first_plan(), models={"1": "Raglan Tee", "unused": "Hoodie"})

    assert data["models"] == {"1": "Raglan Tee"}


def test_what_waits_on_the_default_branch_stands_apart() -> None:
    old, new = dino("old", "https://cdn.example.com/a.png"), dino("new", "https://cdn.example.com/b.png")

    data = page_data(samples.plan([old, new]), waiting=frozenset({tuple(old.key)}))

    assert [(one["address"], one.get("waiting")) for one in data["changes"]] == [
        ("designed_product.old", True),
        ("designed_product.new", None),
    ]


def test_equal_warnings_are_said_once() -> None:
    same = [
        Diagnostic(
            "warning", "same-picture", f"tee-{at} has the picture of dino", at=None, detail="give it its own"
        )
        for at in range(12)
    ]
    words = Page(plan_html(samples.plan([], diagnostics=(*same, same[0])))).words

    assert words.count("warning: same-picture") == 1
    assert words.count("give it its own") == 1
    assert words.count("tee-0 has the picture of dino") == 1
    assert "13 times" in words
    assert all(f"tee-{at} has the picture" in words for at in range(12))


def test_faults_stand_with_their_line() -> None:
    fault = Diagnostic(
        "error", "schema", "<b> is no colour", Position("catalog/tee.yaml", 7, 15), "write #A72525", None,
        "  colorValue: <b>",
    )  # fmt: skip

    page = "".join(review_pieces(None, found=[fault]))

    words = Page(page).words
    assert "1 fault to fix first" in words
    assert "catalog/tee.yaml:7:15: error[schema]: <b> is no colour" in words
    assert "7 |   colorValue: <b>" in words
    assert "help: write #A72525" in words
    assert "b" not in {tag for tag, _ in Page(page).tags}


def test_a_page_that_is_renewed_may_ask_its_own_server_only() -> None:
    page = Page("".join(review_pieces(samples.first_plan(), version=7)))

    assert "connect-src 'self'" in page.policy
    assert "default-src 'none'" in page.policy
    assert page.data["version"] == 7
    assert "EventSource" in page.contents["script"][1]
    assert "EventSource" not in Page(plan_html(samples.first_plan())).contents["script"][1]


def test_risky_changes_come_first() -> None:
    data = page_data(samples.every_action())

    actions = [change["action"] for change in data["changes"]]
    assert actions == sorted(actions, key=list(data["groups"]).index)
    assert list(data["groups"])[:3] == ["settle", "replace", "orphan"]


def test_the_old_product_can_be_told_from_the_new_one() -> None:
    plan = samples.every_action()
    by_address = {str(change.address): change for change in plan.work}

    for record in page_data(plan)["changes"]:
        change = by_address[record["address"]]
        old = {**record["spec"], **record.get("old", {})}
        for key in record.get("gone", ()):
            del old[key]
        if change.before is not None:
            assert old == change.before


def test_a_value_in_doubt_is_not_shown_as_known() -> None:
    records = page_data(samples.every_action())["changes"]

    [field] = next(one for one in records if one["address"] == "customer_product.tote-bag")["fields"]
    assert field == ["name", None, "Tote Bag", "unknown", "in doubt"]


@pytest.mark.parametrize("name", PLANS)
def test_a_field_without_values_has_them_in_both_specs(name: str) -> None:
    """The page looks them up there: `tests/browser` shows that it does."""
    plan = PLANS[name]()
    by_address = {str(change.address): change for change in plan.work}

    for record in page_data(plan)["changes"]:
        change = by_address[record["address"]]
        for shown, field in zip(record.get("fields", ()), change.fields, strict=True):
            if len(shown) == 2:
                specs = [change.before or {}, change.after or {}]
                assert [spec.get(shown[0]) for spec in specs] == [field.before, field.after]
                assert shown[1] == ["forces"] * field.forces_replace
            else:
                assert shown[1:3] == [None if field.before is UNKNOWN else field.before, field.after]


@pytest.mark.parametrize(
    ("count", "most"), [(1, 80_000), (40, 120_000), (1_000, 1_000_000), (10_000, 10_000_000)]
)
def test_size(count: int, most: int) -> None:
    text = plan_html(samples.many(count))

    assert len(text.encode()) < most
    assert len(Page(text).data["changes"]) == count


def test_replaces_do_not_double_the_size() -> None:
    new = samples.many(1_000)
    changes = [
        samples.change(
            change.address.name,
            Action.REPLACE,
            before={**(change.after or {}), "colorValue": "#000"},
            after=change.after,
            fields=(samples.FieldChange("colorValue", "#000", "#FFF", True),),
        )
        for change in new.changes
    ]

    assert len(plan_html(samples.plan(changes)).encode()) < len(plan_html(new).encode()) * 1.3


@pytest.mark.parametrize("name", ["risky", "every-action", "refused", "hostile"])
def test_whole_page(name: str, golden: Golden) -> None:
    text = plan_html(PLANS[name]())

    text = re.sub(r"(<style>).*?(</style>)", r"\1\2", text, flags=re.DOTALL)
    text = re.sub(r"(<script>).*?(</script>)", r"\1\2", text, flags=re.DOTALL)
    golden.check(f"plan-{name}.html", re.sub("sha256-[^']*'", "sha256-'", text))


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert plan_html(samples.every_action()) == plan_html(samples.every_action())
