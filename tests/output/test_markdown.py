"""The Markdown of plans, reports and verdicts: whole, within GitHub's limits, and never obeyed (P18, P19)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings

from podsync.apply.report import Report, Result, report_line
from podsync.model.diagnostic import Diagnostic
from podsync.output.escape import safe
from podsync.output.forecast import PlanFacts
from podsync.output.markdown.diagnostics import diagnostics_markdown
from podsync.output.markdown.escape import clip, code, picture, plain
from podsync.output.markdown.fit import Section, fitted
from podsync.output.markdown.plan import COMMENT, plan_markdown
from podsync.output.markdown.report import report_markdown
from podsync.output.style import PLAIN
from podsync.plan import planfile
from podsync.plan.action import Action
from podsync.plan.change import FieldChange
from podsync.plan.model import Plan, summary_line
from tests.output import samples
from tests.output.golden import Golden
from tests.output.naughty import NAUGHTY
from tests.output.test_goldens import PLANS, REPORTS
from tests.output.test_hostile import TEXTS, assert_harmless

WHERE = "https://github.com/acme/catalog/actions/runs/8101"
TAGS = frozenset(
    "p br sub b del strong code h3 table thead tbody tr th td ul ol li details summary img a".split(" ")  # noqa: SIM905
)
RESULTS = tuple(Result)
#: What GitHub makes links, mentions and references of, when it stands in text outside of code.
LINKING = re.compile(r"@\w|#\w|://|\bwww\.|\bGH-\d", re.IGNORECASE)


def rendered(markdown: str) -> str:
    """Return the HTML that GitHub's own renderer makes, before it removes anything."""
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))


class Page(HTMLParser):
    """What a browser would make of it: tags, text, pictures."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pictures: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.cells: list[str] = []
        self.outside: list[str] = []
        self._in_code = 0
        self.feed(rendered(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self._in_code += tag == "code"
        if tag in {"td", "th"}:
            self.cells.append("")
        if tag == "img":
            self.pictures.append(found.pop("src") or "")
            assert set(found) == {"width", "alt"}
        elif tag == "a":
            self.links.append(found.pop("href") or "")
            assert not found
        else:
            assert set(found) <= {"open", "start"}

    def handle_endtag(self, tag: str) -> None:
        self._in_code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.cells:
            self.cells[-1] += data
        if not self._in_code:
            self.outside.append(data)


def assert_inert(markdown: str, *, first: str = "") -> Page:
    assert_harmless(markdown, PLAIN)
    page = Page(markdown)
    assert set(page.tags) <= TAGS
    assert all(url.startswith("https://") for url in page.pictures)
    assert set(page.links) <= {WHERE}
    for text in page.outside:
        assert LINKING.search(text) is None, text
    assert "$" not in re.sub(r"`[^`\n]*`|src=\S+", "", markdown)  # formulas begin with it, in the source
    rows: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(line)
        else:
            assert len({row.count("|") for row in rows}) <= 1
            rows = []
    assert markdown.startswith(first)
    return page


@pytest.mark.parametrize("name", [name for name in PLANS if name != "many"])
def test_plan(name: str, golden: Golden) -> None:
    plan = PLANS[name]()

    text = plan_markdown(
        plan, PlanFacts(orphans_before=3), environment="prod", head_sha="3f2a1bc0", where=WHERE
    )

    golden.check(f"plan-{name}.md", text)
    assert_inert(text, first="<!-- podsync:plan v=1 env=prod {")
    assert f"`{summary_line(plan.summary)}`" in text


@pytest.mark.parametrize("name", REPORTS)
def test_report(name: str, golden: Golden) -> None:
    report = REPORTS[name]()

    text = report_markdown(
        report, command="podsync apply --expect 9c1f44d0a2be", place="or Re-run", where=WHERE
    )

    golden.check(f"report-{name}.md", text)
    assert_inert(text)
    assert report_line(report) in text


def test_diagnostics(golden: Golden) -> None:
    faults = (
        *samples.refused().diagnostics,
        *(Diagnostic("error", "schema", text, samples.at(text[:20], 3), text) for text in samples.HOSTILE),
    )

    text = diagnostics_markdown(faults, products=0, files=0)

    golden.check("diagnostics.md", text)
    assert_inert(text, first="**Not valid: 11 errors, 1 warning.**")
    assert diagnostics_markdown((), products=2, files=1) == "**Valid: 2 products in 1 file.**\n"


@pytest.mark.parametrize("environment", ["prod", "a b", "--> <b>x", "shop-a", "x" * 500, ""])
def test_the_marker_cannot_be_ended_early(environment: str) -> None:
    text = plan_markdown(samples.first_plan(), environment=environment, head_sha="--><script>")

    first = text.splitlines()[0]
    assert re.fullmatch(r"<!-- podsync:plan v=1 env=[\w./]+ \{[^<>]*\} -->", first)
    assert json.loads(first[first.index("{") : -4])["head_sha"] == ""


def orphans(count: int) -> Plan:
    return samples.plan(
        samples.change(
            f"dino-{index:05}",
            Action.ORPHAN,
            reason="its document is gone",
            before={**samples.DINOSAUR, "enName": f"Dino {index}"},
            shown={"product": {"spu": f"QCUT{index:05}"}},
            source=samples.at("catalog/designed/dino.yaml", index + 1),
        )
        for index in range(count)
    )


def replaces(count: int) -> Plan:
    return samples.plan(
        samples.change(
            f"dino-{index:05}",
            Action.REPLACE,
            before=samples.DINOSAUR,
            after=samples.DINOSAUR,
            fields=(FieldChange("imageUrl", "https://a.example/a.png", "https://a.example/b.png", True),),
            source=samples.at("catalog/designed/dino.yaml", index + 1),
        )
        for index in range(count)
    )


def with_name(name: str) -> Plan:
    changes = [
        samples.create(
            f"tee-{index}", {**samples.DINOSAUR, "enName": name}, "catalog/tee.yaml", risks=(name, name[1:])
        )
        for index in range(30)
    ]
    faults = tuple(Diagnostic("error", name, name, samples.at(name, 3), name) for _ in range(100))
    more = {"state_label": name, "state_run": name, "diagnostics": faults}
    return samples.plan([*changes, samples.renamed(), *orphans(20).changes], **more)


LARGE: dict[str, Callable[[], Plan]] = {
    "1 create": lambda: samples.many(1),
    "40 creates": lambda: samples.many(40),
    "1,000 creates": lambda: samples.many(1_000),
    "10,000 creates": lambda: samples.many(10_000),
    "500 orphans": lambda: orphans(500),
    "3,000 replaces": lambda: replaces(3_000),
    "long name": lambda: with_name("x" * 60_000),
    "long name of links": lambda: with_name("@a" * 30_000),
    "long name of marks": lambda: with_name("a" + "\u0301" * 60_000),
    "long name of tags": lambda: with_name("\U000e0041" * 60_000),
    "long name of wide ones": lambda: with_name("恐" * 60_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_it_fits_whatever_the_plan(name: str) -> None:
    plan = LARGE[name]()
    limit = 20_000 if "name" in name else COMMENT

    text = plan_markdown(plan, where=WHERE, limit=limit)

    assert len(text.encode()) <= limit
    assert f"`{summary_line(plan.summary)}`" in text
    assert text.count("<details") == text.count("</details>")
    assert_inert(text)


def test_the_room_is_used_and_the_rest_is_counted() -> None:
    text = plan_markdown(samples.many(1_000), where=WHERE)

    named = len(set(re.findall(r"Design \d{4} - \d", text)))
    assert len(text) > COMMENT * 0.9
    assert f"… and {1000 - named} more: <a href" in text


def test_every_one_of_500_orphans_is_named_before_anything_else() -> None:
    both = samples.plan([*orphans(500).changes, *samples.many(1_000).changes])

    text = plan_markdown(both, where=WHERE)

    assert all(f"dino-{index:05}" in text for index in range(500))
    assert text.index("500 orphans") < text.index("1,000 new designed products")


@pytest.mark.parametrize("limit", [20_000, COMMENT])
def test_a_long_report_fits(limit: int) -> None:
    plan = samples.many(3_000)
    outcomes = tuple(
        samples.outcome(one.address.name, result, error="x" * 5_000, next=("y" * 5_000 + str(index),))
        for index, one in enumerate(plan.changes)
        for result in [RESULTS[index % len(RESULTS)]]
    )
    report = Report(plan, outcomes, notes=("n" * 60_000,) * 30, next=("@a" * 30_000,) * 30)

    text = report_markdown(report, limit=limit, command="podsync apply " + "x" * 5_000)

    assert len(text.encode()) <= limit
    assert_inert(text)


def test_many_faults_fit() -> None:
    faults = [
        Diagnostic("error", "schema", "@a" * 5_000, samples.at("a" * 500, n), "b" * 5_000)
        for n in range(5_000)
    ]

    text = diagnostics_markdown(faults, products=0, files=0)

    assert len(text.encode()) <= COMMENT
    assert "**Not valid: 5000 errors.**" in text


@given(TEXTS)
@settings(deadline=None, max_examples=40)
def test_no_name_becomes_markup(text: str) -> None:
    spec = {**samples.DINOSAUR, "enName": text, "modelId": text, "colorValue": text}
    plan = samples.plan([samples.create("tee", spec, text, risks=(text,))], state_label=text, state_run=text)

    page = assert_inert(plan_markdown(plan, where=WHERE, environment=text, head_sha=text))
    assert page.pictures == [samples.DINOSAUR["imageUrl"], samples.DINOSAUR["backImageUrl"]]


@given(TEXTS)
@settings(deadline=None, max_examples=40)
def test_text_reads_as_itself(text: str) -> None:
    assert_reads_as_itself(text)


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_text_reads_as_itself(text: str) -> None:
    assert_reads_as_itself(text)


def assert_reads_as_itself(text: str) -> None:
    """Behind something, in a table, and at the beginning of an item."""
    wanted = spaceless(safe(clip(text)))
    for markdown in (f"- {plain(text)} end", f"| a |\n|---|\n| {plain(text)} end |", f"- {code(text)} end"):
        page = assert_inert(markdown)
        shown = spaceless("".join(page.texts)).removeprefix("a" if markdown.startswith("|") else "")
        assert shown == wanted + "end"
        assert not page.pictures


def spaceless(text: str) -> str:
    """Ignore what breaks links, and how much space there is."""
    return "".join(text.replace("\u200b", "").split())


def test_naughty_names_are_not_altered_in_json() -> None:
    changes = [
        samples.create(f"tee-{index}", {**samples.DINOSAUR, "enName": name}, "catalog/tee.yaml")
        for index, name in enumerate(NAUGHTY)
    ]

    data = json.loads(planfile.dump(samples.plan(changes)))

    assert [one["change"]["after"]["enName"] for one in data["resource_changes"]] == list(NAUGHTY)


def test_naughty_names_in_one_plan_are_inert(golden: Golden) -> None:
    changes = [
        samples.create(
            f"tee-{index}", {**samples.DINOSAUR, "enName": name, "colorValue": name}, "catalog/tee.yaml"
        )
        for index, name in enumerate(NAUGHTY)
    ]

    text = plan_markdown(samples.plan(changes), limit=300_000)

    golden.check("plan-naughty.md", text)
    page = assert_inert(text)
    assert len(page.pictures) == 2 * len(NAUGHTY)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x.png", "javascript:alert(1)", "data:image/png;base64,AA==", "https://", "https:///x.png",
        "https://user:secret@a.example/x.png", "https://a b.example/x.png", "//a.example/x.png", "https://[::1/x.png",
        "https://a.example:x/x.png", "https://a.example/" + "x" * 2_000, None, 7, "",
    ],
)  # fmt: skip
def test_only_plain_https_addresses_are_pictures(url: object) -> None:
    assert picture(url, "front") == ""


def test_a_picture_address_cannot_leave_its_attribute() -> None:
    tag = picture('https://a.example/"><b>|`x`\n::error::?a=1&b=恐#f', '"><b>')

    page = assert_inert(f"| a |\n|---|\n| {tag} |")
    assert page.pictures == ["https://a.example/%22%3E%3Cb%3E%7C%60x%60%0A:%3Aerror:%3A?a=1&b=%E6%81%90#f"]
    assert set(page.tags) == {"table", "thead", "tbody", "tr", "th", "td", "img"}


def test_colours_have_a_swatch_and_a_name() -> None:
    red = samples.plan([samples.create("tee", samples.DINOSAUR, "catalog/tee.yaml")])

    assert "| `#A72525` brown-red |" in plan_markdown(red)


def test_an_unknown_or_missing_value_is_said() -> None:
    assert "(in doubt)" in plan_markdown(samples.every_action())


def in_colours(*colours: str) -> Plan:
    changes = [
        samples.create(
            f"dino-{colour}", {**samples.DINOSAUR, "modelId": "73", "enName": f"Dino {colour}"}, "dino.yaml"
        )
        for colour in colours
    ]
    return samples.plan(changes)


def test_the_first_line_says_what_new_products_have_in_common() -> None:
    first = plan_markdown(in_colours("ash", "moss", "navy")).splitlines()[1]

    assert first.startswith(
        "**3 new products, nothing else.** model 73 · 1 colour (brown-red) · 1 artwork. What is made"
    )


def test_the_first_line_names_a_single_new_product() -> None:
    both = samples.plan([*in_colours("ash").changes, samples.renamed()])

    assert ".** New: &#34;Dino ash&#34; · model 73 · colour" in plan_markdown(both).splitlines()[1]


@pytest.mark.parametrize("risky", [False, True])
def test_what_does_not_fit_is_not_made(risky: bool) -> None:
    made: list[int] = []

    def line(item: int) -> str:
        made.append(item)
        return f"- product {item:06}"

    section = Section("products", range(100_000), line, line, risky=risky)
    text = "\n".join(fitted([section], COMMENT, "elsewhere"))

    shown = text.count("- product ")
    assert 2_000 < shown < len(made) < 3 * shown
    assert f"… and {100_000 - shown:,} more: elsewhere" in text
