# ruff: noqa: E501 (tables of inputs)
"""Every help is followed: what it says is put in, and the fault is gone and no other came."""

from __future__ import annotations

import re
import time
from collections import Counter
from itertools import chain

import pytest

from podsync.catalog.parsing import yaml_reader
from podsync.catalog.parsing.source_text import MAX_FAULTS
from podsync.catalog.settings_file import parse
from podsync.catalog.validation.document_rules import build
from podsync.catalog.validation.fix_check import proved
from podsync.catalog.validation.limits import MOST_IN_ALL
from podsync.model.diagnostic import Diagnostic, mended
from podsync.providers.gelato.provider import Gelato
from podsync.providers.kakaclo.provider import KakaClo
from tests.catalog.conftest import CUSTOMER, DESIGNED
from tests.catalog.loading import load

PROVIDERS = {"kakaclo": KakaClo("unknown"), "gelato": Gelato()}
#: A help that says to write something says it with one of these.
INSTRUCTION = re.compile(
    r"write [\w\"'\[]+: |add `|in quotes: |in brackets: |did you mean|for instance |write it anew: "
)


def examine(content: str) -> list[Diagnostic]:
    """All that is wrong with a file without a name, by the rules that look at one document only."""
    reading = yaml_reader.read("", content.encode("utf-8", "surrogatepass"))
    built = (build(document, PROVIDERS).diagnostics for document in reading.documents)
    return [*reading.diagnostics, *chain.from_iterable(built)]


def faults(content: str) -> list[Diagnostic]:
    text = yaml_reader.read("", content.encode()).text
    return proved(text, examine(content), examine)


def kinds(found) -> Counter:
    """What is wrong, wherever: lines move."""
    return Counter((d.severity, d.rule, re.sub(r"line \d+|\d+:\d+", "", d.summary)) for d in found)


def tee(old: str, new: str) -> str:
    assert old in DESIGNED
    return DESIGNED.replace(old, new, 1)


def poster(old: str, new: str) -> str:
    assert old in CUSTOMER
    return CUSTOMER.replace(old, new, 1)


COLOUR, NAME, URL = '"#A72525"', "enName: Dino", "https://cdn.test/a.png"
#: What somebody wrote; where it is told; words of the summary; words of the help.
FOLLOWED = {
    # What people reported.
    "customers in one text": (
        poster("[a, b]", "customer-1, customer-2"), "5:16", "a list is expected",
        "customerIds: [customer-1, customer-2]",
    ),
    "no kind": (tee("kind: designed_product\n", ""), "1:1", "'kind' is missing", "kind: designed_product"),
    "no kind, Gelato": (
        poster("kind: customer_product\n", ""), "1:1", "'kind' is missing", "kind: customer_product"),
    "black": (tee(COLOUR, "000000"), "7:15", "is a number", 'colorValue: "#000000"'),
    "anchor": (tee(NAME, "enName: & Dino"), "5:11", "anchor", 'enName: "& Dino"'),
    "curly quotes": (tee(COLOUR, "“#A72525”"), "7:15", "curly quote", 'colorValue: "#A72525"'),
    "no-break indentation": (
        tee("  enName", "\u00a0\u00a0enName"), "5:1", "NO-BREAK SPACE (U+00A0) stands in the indentation",
        "spaces"),
    "no-break after a colon": (
        tee("enName: Dino", "enName:\u00a0Dino"), "5:10", "NO-BREAK SPACE (U+00A0) stands after the colon",
        "a space"),
    "no-break in a name": (
        tee(NAME, "enName: Dino\u00a0Tee"), "5:11", "NO-BREAK SPACE (U+00A0)", "type the name anew: Dino Tee"),
    "entity in a name": (tee(NAME, "enName: Dino &amp; Rex"), "5:11", "how HTML writes", "Dino & Rex"),
    "zero width in a URL": (tee(URL, URL + "\u200b"), "6:13", "ZERO WIDTH SPACE (U+200B)", URL),
    "capital name": (tee("dino\n", "Dino-Red\n"), "2:7", "is not a name", "name: dino-red"),
    "underscored name": (tee("dino\n", "dino_red\n"), "2:7", "is not a name", "name: dino-red"),
    "short colour": (tee(COLOUR, '"#A25"'), "7:15", "is not a colour", '"#AA2255"'),
    "bare colour": (tee(COLOUR, "A72525"), "7:15", "is not a colour", '"#A72525"'),
    "the other kind": (
        tee("designed_product", "customer_product"), "1:7", "those of a designed_product",
        "kind: designed_product"),
    "the other kind, Gelato": (
        poster("customer_product", "designed_product"), "1:7", "those of a customer_product",
        "kind: customer_product"),
    "space in a URL": (tee("a.png", "a b.png"), "6:31", "a space in the URL", "a%20b.png"),
    # Others of the same kinds.
    "one customer": (poster("[a, b]", "customer-1"), "5:16", "a list is expected", "[customer-1]"),
    "customers by semicolon": (poster("[a, b]", "a;b"), "5:16", "a list is expected", "[a, b]"),
    "everybody": (poster("[a, b]", '"*"'), "5:16", "a list is expected", '["*"]'),
    "star": (poster("[a, b]", "*"), "5:16", "alias", 'customerIds: ["*"]'),
    "star in a list": (poster("[a, b]", "[*]"), "5:17", "alias", '"*"'),
    "numbered customer": (poster("[a, b]", "[17]"), "5:17", "is a number", '"17"'),
    "a number for customers": (poster("[a, b]", "17"), "5:16", "a list is expected", '["17"]'),
    "everybody and one": (poster("[a, b]", '["*", a]'), "5:16", "stands alone", "customerIds: [a]"),
    "customer twice": (poster("[a, b]", "[a, b, a]"), "5:23", "appears twice", "keep one"),
    "last customer twice in lines": (
        poster("[a, b]", "\n    - a\n    - b\n    - a"), "8:7", "appears twice", "keep one"),
    "number in quotes": (poster("quantity: 2", 'quantity: "2"'), "15:17", "whole number", "quantity: 2"),
    "decimal that is whole": (poster("quantity: 2", "quantity: 2.0"), "15:17", "whole number", "quantity: 2"),
    "backquotes": (tee(COLOUR, "`#A72525`"), "7:15", "cannot begin with `", 'colorValue: "#A72525"'),
    "hex number": (tee(COLOUR, "0xA72525"), "7:15", "is a number", '"#A72525"'),
    "css": (tee(COLOUR, "rgb(167, 37, 37)"), "7:15", "is not a colour", '"#A72525"'),
    "opaque": (tee(COLOUR, '"#A72525FF"'), "7:15", "is not a colour", '"#A72525"'),
    "comment for a colour": (tee(COLOUR, "#A72525"), "7:15", "# began a comment", 'colorValue: "#A72525"'),
    "comment in a name": (tee(NAME, "enName: Dino #5"), "5:16", "# began a comment", 'enName: "Dino #5"'),
    "short comment": (tee(COLOUR, "#A25"), "7:15", "# began a comment", '"#AA2255"'),
    "model number": (tee('"1"', "012"), "4:12", "is a number", 'modelId: "012"'),
    "model as decimal": (tee('"1"', "73.0"), "4:12", "is a number", 'modelId: "73"'),
    "model with a space": (tee('"1"', '"73 "'), "4:12", "is not a model number", '"73"'),
    "model line feed": (tee('"1"', '"73\\n"'), "4:12", "is not a model number", '"73"'),
    "curly name": (tee("name: dino", "name: “dino”"), "2:7", "curly quote", "name: dino"),
    "curly kind": (tee("designed_product", "“designed_product”"), "1:7", "curly quote", "designed_product"),
    "hidden in a kind": (
        tee("designed_product", "designed_product\u200b"), "1:23", "ZERO WIDTH SPACE (U+200B)",
        "kind: designed_product"),
    "hidden before a key": (
        tee("  enName", "  \u200benName"), "5:3", "ZERO WIDTH SPACE (U+200B) stands in the indentation",
        "take it out"),
    "hidden behind a key": (
        tee("enName:", "enName\u200b:"), "5:9", "ZERO WIDTH SPACE (U+200B) stands before the colon",
        "take it out"),
    "hidden behind a hyphen": (
        poster("- id: size", "-\u00a0id: size"), "8:6", "NO-BREAK SPACE (U+00A0) stands behind the hyphen",
        "a space"),
    "ideographic space": (
        tee("enName: Dino", "enName:\u3000Dino"), "5:10", "IDEOGRAPHIC SPACE (U+3000)", "a space"),
    "curly key": (tee("enName:", "“enName”:"), "5:3", "curly quote", "enName"),
    "kind in hyphens": (
        tee("designed_product", "designed-product"), "1:7", "is not one of", "designed_product"),
    "misspelt kind": (tee("designed_product", "desinged_product"), "1:7", "is not one of", "designed_product"),
    "capital key": (tee("kind:", "Kind:"), "1:1", "unknown key 'Kind'", "kind"),
    "misspelt key": (tee("colorValue", "colourValue"), "7:3", "unknown key", "colorValue"),
    "key of spec at the top": (
        tee("spec:\n", "enName: Dino\nspec:\n").replace("  enName: Dino\n", ""), "1:1", "", ""),
    "no name": (tee("name: dino\n", ""), "1:1", "'name' is missing", "name: dino"),
    "no model": (tee('  modelId: "1"\n', ""), "3:1", "'modelId' is missing", 'modelId: "73"'),
    "no options": (
        CUSTOMER[: CUSTOMER.index("  variantOptions")], "3:1", "'variantOptions' is missing",
        "variantOptions: ["),
    "no spec": (DESIGNED[: DESIGNED.index("spec")], "1:1", "'spec' is missing", "spec:\n  modelId:"),
    "empty spec": (DESIGNED[: DESIGNED.index("  modelId")], "3:1", "there is nothing here", "\n  modelId:"),
    "spec is {}": (
        DESIGNED[: DESIGNED.index("spec")] + 'spec: {enName: D, imageUrl: "https://a.test", colorValue: "#A72525"}\n',
        "3:1", "'modelId' is missing", 'modelId: "73"'),
    "no value": (tee('"1"', ""), "4:3", "there is nothing here", 'modelId: "73"'),
    "yes": (tee("spec:", "lifecycle: {prevent_orphan: yes}\nspec:"), "3:29", "true or false", "true"),
    "off": (tee("spec:", "lifecycle: {prevent_orphan: Off}\nspec:"), "3:29", "true or false", "false"),
    "one former name": (tee("spec:", "moved: old\nspec:"), "3:8", "a list is expected", "moved: [old]"),
    "true for a name": (tee(NAME, "enName: true"), "5:11", "is a boolean", 'enName: "true"'),
    "null for a name": (tee(NAME, "enName: ~"), "5:11", "is not a value", 'enName: "~"'),
    "braces in a name": (tee(NAME, "enName: {Dino}"), "5:3", "a mapping stands here", 'enName: "{Dino}"'),
    "name in a list": (tee(NAME, "enName: [Dino]"), "5:11", "a list stands here", 'enName: "Dino"'),
    "artwork without a list": (
        DESIGNED + "  materialImages: {imageName: a, imageUrl: https://a.test/x.png}\n", "8:3", "a list is expected",
        "materialImages: [{imageName"),
    "at sign": (tee(NAME, "enName: @dino"), "5:11", "cannot begin with @", 'enName: "@dino"'),
    "percent": (tee(NAME, "enName: % off"), "5:11", "cannot begin with %", 'enName: "% off"'),
    "colon": (tee(NAME, "enName: Dino: Tee"), "5:15", "a second ': '", 'enName: "Dino: Tee"'),
    "quote in quotes": (tee(NAME, "enName: 'Dino's Tee'"), "5:17", "nothing may follow", "Dino's Tee"),
    "word behind a quote": (tee(NAME, 'enName: "Dino" Tee'), "5:18", "nothing may follow", "Tee"),
    "open quote": (tee(NAME, 'enName: "Dino'), "5:11", "is not closed on its line", "close it"),
    "backslash": (tee(NAME, 'enName: "a\\dino\\tee"'), "5:13", "means nothing", "backslash"),
    "no space after the colon": (
        tee(NAME, "enName:Dino"), "5:9", "a space is missing after the colon", "enName: Dino"),
    "equals sign": (tee(NAME, "enName = Dino"), "5:9", "no `key: value`", "enName: Dino"),
    "one space less": (tee("  enName", " enName"), "5:2", "indentation", "indent it"),
    "open quote at the end": (tee(COLOUR, '"#A72525'), "7:15", "is never closed", "close it"),
    "a key under a text": (
        tee("  colorValue", "    colorValue"), "7:15", "a key cannot stand here", "indent it"),
    "one space more": (tee("  enName", "   enName"), "5:4", "indentation", "indent it"),
    "tab": (tee("  enName", "\tenName"), "5:1", "there is a tab", "spaces"),
    "open bracket": (poster("[a, b]", "[a, b"), "5:16", "is not closed", "]"),
    "no comma": (poster("[a, b]", '["a" "b"]'), "5:21", "a comma is missing", "comma"),
    "list on its key's line": (poster("[a, b]", "- a"), "5:16", "a list cannot begin", "next line"),
    "block sign": (tee(NAME, "enName: >Dino"), "5:12", "the line must end", 'enName: ">Dino"'),
    "exclamation": (tee(NAME, "enName: !Dino"), "5:11", "tags", '"!Dino"'),
    "exclamation and more": (tee(NAME, "enName: !Dino tee"), "5:11", "tags", '"!Dino tee"'),
    "tag": (tee('"1"', "!!str 73"), "4:12", "tags", '"73"'),
    "anchor without a space": (tee(NAME, "enName: &Dino tee"), "5:11", "anchors", '"&Dino tee"'),
    "star before a word": (tee(NAME, "enName: *Dino"), "5:11", "aliases", '"*Dino"'),
    "closing bracket": (tee(NAME, "enName: ]Dino"), "5:11", "closes nothing", '"]Dino"'),
    "directive": ("%YAML 1.2\n---\n" + DESIGNED, "1:1", "directives", "remove the line"),
    "control character": (tee(NAME, 'enName: "Di\\x07no"'), "5:11", "U+0007", "take it out"),
    "raw control character": (tee(NAME, "enName: Di\x07no"), "5:13", "U+0007", "take it out"),
    "lone surrogate": (tee(NAME, 'enName: "Fox \\ud83e"'), "5:11", "half of a surrogate", "take"),
    "key twice": (DESIGNED + '  modelId: "1"\n', "8:3", "appears on line 4 and again", "keep one"),
    "no separator": (
        DESIGNED + DESIGNED.replace("dino", "rex"), "8:1", "'kind' appears on line 1 and again", "put a line `---`"),
    "document end": (
        DESIGNED + "...\n" + DESIGNED.replace("dino", "rex").replace("Dino", "Rex"), "9:1", "a new document",
        "put `---`"),
    "number as a label": (
        tee("spec:", "labels: {2024: x}\nspec:"), "3:10", "a key must be text", '"2024"'),
    "infinite": (tee(NAME, "enName: .inf"), "5:11", "not a number", '".inf"'),
    "misread": (tee(NAME, "enName: MÃ¤dchen"), "5:11", "read as something else", "Mädchen"),
    "two spaces": (tee(NAME, "enName: Big  Tee"), "5:11", "two spaces", "Big Tee"),
    "curly quotes in a name": (tee(NAME, "enName: “Dino”"), "5:11", "curly quotes", "Dino"),
    "entity in a URL": (tee("a.png", "a.png?a=1&amp;b=2"), "6:13", "how HTML writes", "a.png?a=1&b=2"),
    "backslashes in a URL": (tee(URL, r"https:\\cdn.test\a.png"), "6:19", "backslash", URL),
    "one slash": (tee("https://", "https:/"), "6:13", "is not an https URL", URL),
    "loud scheme": (tee("https://", "HTTPS://"), "6:13", "is not an https URL", URL),
    "customers by spaces": (
        poster("[a, b]", "customer-1 customer-2"), "5:16", "a list is expected", "[customer-1, customer-2]"),
    "customers by bars": (poster("[a, b]", "a | b"), "5:16", "a list is expected", "[a, b]"),
    "customers in braces": (poster("[a, b]", "{a, b}"), "5:3", "a list is expected", "customerIds: [a, b]"),
    "no kind, and more is missing": (
        DESIGNED.replace("kind: designed_product\n", "").replace(f"  imageUrl: {URL}\n", ""),
        "1:1", "'kind' is missing", "add `kind: designed_product`"),
    "empty kind": (tee(" designed_product", ""), "1:1", "null is not one of", "kind: designed_product"),
    "any other kind": (tee("designed_product", "merch"), "1:7", "is not one of", "kind: designed_product"),
    "question mark": (tee(NAME, "enName: ? Dino"), "5:11", "cannot begin with ?", 'enName: "? Dino"'),
    "curly quote at the end": (
        tee(COLOUR, '"#A72525”'), "7:23", "” is a curly quote (U+201D)", 'colorValue: "#A72525"'),
    "curly quote closes a name": (
        tee(NAME, 'enName: "Dino” # front'), "5:16", "” is a curly quote", 'enName: "Dino"'),
    "open quote that another one ends": (
        poster("name: Poster", 'name: "Poster').replace("[x]", '["x"]'), "4:9", "is not closed on its line",
        "close it"),
    "curly quote that another one ends": (
        poster("name: Poster", 'name: "Poster”').replace("[x]", '["x"]'), "4:16", "curly quote", '"Poster"'),
    "no value, and none needed": (
        tee(NAME, f"{NAME}\n  backImageUrl:"), "6:3", "there is nothing here", "remove the key"),
    "null, and none needed": (
        tee(NAME, f"{NAME}\n  backImageUrl: null"), "6:17", "null is not a value", "remove the key"),
    "no labels": (tee("spec:", "labels:\nspec:"), "3:1", "there is nothing here", "remove the key"),
    "primes": (tee(COLOUR, "″#A72525″"), "7:15", "″ is a curly quote", 'colorValue: "#A72525"'),
    "no-break behind a value": (
        tee('modelId: "1"', 'modelId: "1"\u00a0'), "4:15", "NO-BREAK SPACE (U+00A0) stands behind the value",
        "take it out"),
    "no-break before a comment": (
        tee('modelId: "1"', 'modelId: "1"\u00a0# the blank'), "4:15",
        "NO-BREAK SPACE (U+00A0) stands behind the value", "a space"),
    "hidden in a customer": (
        poster("[a, b]", '["a\u200b", b]'), "5:17", "ZERO WIDTH SPACE (U+200B)", "type the text anew: a"),
    "hidden in an option": (
        poster("name: Size", "name: Si\u00adze"), "9:13", "SOFT HYPHEN (U+00AD)", "type the text anew: Size"),
    "hidden in a label": (
        tee("spec:", "labels: {season: sp\u200bring}\nspec:"), "3:18", "ZERO WIDTH SPACE", "anew: spring"),
    "colour with a space": (tee(COLOUR, '"# A72525"'), "7:15", "is not a colour", '"#A72525"'),
    "two signs": (tee(COLOUR, '"##A72525"'), "7:15", "is not a colour", '"#A72525"'),
    "as CSS ends it": (tee(COLOUR, '"#A72525;"'), "7:15", "is not a colour", '"#A72525"'),
    "a space before a URL": (tee(URL, f'" {URL}"'), "6:14", "there is a space in the URL", URL),
    "a URL in two lines": (
        tee(URL, "https://cdn.test/\n    a.png"), "6:13", "goes on on the next line", URL),
    "no slashes": (tee("https://", "https:"), "6:13", "is not an https URL", URL),
    "no scheme": (tee(URL, "//cdn.test/a.png"), "6:13", "is not an https URL", URL),
    "Markdown": (tee(URL, f'"[a]({URL})"'), "6:13", "is not an https URL", URL),
    "semicolon behind a URL": (tee(URL, f"{URL};"), "6:13", "ends with ;", URL),
    "angle brackets": (tee(URL, f"<{URL}>"), "6:13", "is not an https URL", URL),
    "print of no artwork": (
        DESIGNED.replace("spec:", "print: {dno: {width_mm: 2, height_mm: 2}}\nspec:")
        + "  materialImages: [{imageName: dino, imageUrl: https://a.test/x.png}]\n",
        "3:9", "there is no artwork", "dino"),
}  # fmt: skip
del FOLLOWED["key of spec at the top"]
FOLLOWED["key of spec at the top"] = (
    DESIGNED.replace('  modelId: "1"\n', "").replace("spec:\n", 'modelId: "1"\nspec:\n'),
    "3:1", "unknown key 'modelId'", "belongs under `spec:`",
)  # fmt: skip


@pytest.mark.parametrize("case", FOLLOWED)
def test_what_the_help_says_is_put_in_and_the_fault_is_gone(case):
    content, place, summary, detail = FOLLOWED[case]
    found = faults(content)
    told = next(d for d in found if f"{d.at.line}:{d.at.column}" == place and summary in d.summary)
    after = faults(mended(content, told.fix))

    assert detail in told.detail
    assert told.fix
    assert kinds(after) <= kinds(found) - kinds([told])


@pytest.mark.parametrize("case", FOLLOWED)
def test_one_cause_is_one_fault(case):
    two = {"key of spec at the top", "no kind, and more is missing"}  # it is missing as well

    assert len(faults(FOLLOWED[case][0])) == (2 if case in two else 1)


@pytest.mark.parametrize("case", FOLLOWED)
def test_what_is_written_stands_in_the_help(case):
    """Where the help names a text in quotes, it is the one that is put in."""
    content, place, summary, _ = FOLLOWED[case]
    told = next(d for d in faults(content) if f"{d.at.line}:{d.at.column}" == place and summary in d.summary)
    written = told.fix[0].text.strip().split("\n")[0].rstrip(",").strip('"')

    if INSTRUCTION.search(told.detail):
        assert written in told.detail


def test_a_text_of_nothing_but_hidden_characters_cannot_be_typed_anew():
    (told,) = (d for d in faults(poster("[a, b]", '["\u200b", b]')) if "ZERO WIDTH SPACE" in d.summary)

    assert (told.detail, told.fix) == ("nothing else stands in it: write what is meant", ())


WRONG = [
    "", "~", "1", "01", "2.5", "1e3", "0x1F", "true", "no", "[]", "[a]", "{}", "{a: b}", "a b", '"a\\n"', "a: b",
    "a #b", "#b", "*", "&", "!x", "%", "@", "|", ">", "]", "'", '"', "“x”", "`x`", "x\u200b", "\u00a0x", "- a",
    "&amp;", "https://a.test/ b", "http://a.test", "#A25", "a,b", "a;b", "\\", "<x>", ".nan", "?", ": x", "--- a",
]  # fmt: skip
LINES = [*((DESIGNED, n) for n in range(7)), *((CUSTOMER, n) for n in range(15))]


@pytest.mark.parametrize("wrong", WRONG)
def test_any_fix_mends_its_fault_and_brings_no_other(wrong):
    for text, number in LINES:
        lines = text.split("\n")
        key = lines[number].partition(": ")[0].rstrip(":")
        lines[number] = f"{key}: {wrong}"
        content = "\n".join(lines)
        found = faults(content)
        for told in found:
            if told.fix:
                after = faults(mended(content, told.fix))
                assert kinds(after) <= kinds(found) - kinds([told]), (lines[number], told)
            else:
                # Nothing is said to be written that is not there to be applied.
                assert not INSTRUCTION.search(told.detail), (lines[number], told)


ADVISED = {
    "half a thing": (poster("quantity: 2", "quantity: 2.5"), "a whole number is expected", "a whole number"),
    "some": (poster("quantity: 2", "quantity: some"), "a whole number is expected", "a whole number"),
    "red": (tee(COLOUR, "red"), "'red' is not a colour", "six hexadecimal digits"),
    "no word for yes or no": (
        tee("spec:", "lifecycle: {prevent_orphan: maybe}\nspec:"), "true or false is expected",
        "prevent_orphan: true or prevent_orphan: false"),
    "any kind": ("name: a\nspec: {}\n", "'kind' is missing", "One of customer_product, designed_product"),
    "http": (tee("https:", "http:"), "is not an https URL", "beginning with https://"),
    "three digits": (tee(COLOUR, "012"), "012 is a number", "six hexadecimal digits"),
    "a path": (tee(URL, "C:\\pics\\a.png"), "a file on this machine", "upload it"),
    "a relative path": (tee(URL, "./a.png"), "a file on this machine", "upload it"),
    "two URLs": (tee(URL, f"{URL},{URL}"), "two URLs stand in it", "one"),
    "two customers in one": (
        poster("[a, b]", '["customer-1, customer-2"]'), "'customer-1, customer-2' is one item",
        "an item of its own"),
    "a letter for a digit": (tee(COLOUR, '"#A7252O"'), "is not a colour", "six hexadecimal digits"),
    "comment alone": (tee(COLOUR, "# brown"), "# began a comment", "write a value before it"),
}  # fmt: skip


@pytest.mark.parametrize("case", ADVISED)
def test_what_is_not_certain_is_not_proposed(case):
    content, summary, detail = ADVISED[case]
    (told,) = faults(content)

    assert summary in told.summary
    assert detail in told.detail
    assert told.fix == ()


def test_a_pair_of_halves_is_one_character_and_a_lone_half_is_told():
    pair = yaml_reader.read("f.yaml", tee(NAME, 'enName: "Fox \\ud83e\\udd8a"').encode())

    assert pair.diagnostics == ()
    assert pair.documents[0].data["spec"]["enName"] == "Fox 🦊"
    assert pair.documents[0].places["spec", "colorValue"][0] == 7
    (told,) = faults(tee(NAME, 'enName: "\\ud83e\\udd8a \\udd8a"'))
    assert (told.rule, told.at.line, told.at.column) == ("encoding", 5, 11)


@pytest.mark.parametrize(
    "kind", ["designd", "x", "", "[designed_product]", "{}", "1", "true", "Product", "null"]
)
def test_a_document_of_an_unknown_kind_is_an_error(shop, kind):
    shop.write("f.yaml", tee("kind: designed_product", f"kind: {kind}"))
    loaded = shop.load()

    assert loaded.errors
    assert len(loaded.catalog) == 0


CONFLICT = """\
kind: designed_product
name: dino
spec:
  modelId: "1"
<<<<<<< HEAD
  enName: Dino
=======
  enName: Dino Tee
>>>>>>> new-names
  imageUrl: https://cdn.test/a.png
  colorValue: "#A72525"
"""


def test_a_merge_conflict_is_told_at_its_marker(shop):
    assert shop.check(CONFLICT) == [
        "5:1 merge-conflict: an unresolved merge conflict: HEAD above line 7, new-names below it"
    ]
    assert "keep one side" in shop.hints(CONFLICT)[0]
    half = DESIGNED.replace("  enName: Dino\n", "  enName: Dino\n>>>>>>> new-names\n")
    assert shop.check(half) == ["6:1 merge-conflict: a marker of a merge conflict was left behind"]
    assert shop.check(half.replace(">>>>>>> new-names", "=======")) == [
        "6:1 merge-conflict: a marker of a merge conflict was left behind"
    ]
    settings_text = b"version: 1\n<<<<<<< HEAD\ncatalog: a\n=======\ncatalog: b\n>>>>>>> x\n"
    (told,) = parse("podsync.yaml", settings_text)[1]
    assert (told.rule, told.at.line) == ("merge-conflict", 2)


@pytest.mark.parametrize(
    ("raw", "rule", "words"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n", "pointer-file",
            "a pointer of Git LFS",
        ),
        (b"\0GITCRYPT\0\x12\x9f", "pointer-file", "encrypted by git-crypt"),
        (b"/annex/objects/SHA256E-s3--ab.yaml\n", "pointer-file", "git-annex"),
        (DESIGNED.encode("utf-16"), "encoding", "is UTF-16"),
        (DESIGNED.encode("utf-16-le"), "encoding", "is UTF-16"),
        (DESIGNED.encode("utf-16-be"), "encoding", "is UTF-16"),
        (DESIGNED.encode("utf-32"), "encoding", "is UTF-32"),
        (b"\x1f\x8b\x08\0\0", "encoding", "compressed by gzip"),
        (b"PK\x03\x04\x14\0", "encoding", "ZIP archive"),
    ],
)  # fmt: skip
def test_what_another_program_wrote_is_named(shop, raw, rule, words):
    (told,) = shop.check(raw)

    assert f" {rule}: " in told
    assert words in told
    assert shop.hints(raw)[0]


def test_faults_of_a_file_are_capped_and_the_others_counted(shop):
    shop.write("a.yaml", "---\n".join(tee("name: dino", f"name: Dino{n}") for n in range(50)))
    shop.write(
        "b.yaml",
        "---\n".join(
            tee(NAME, f"enName: Dino  {n}")
            .replace("a.png", f"{n}.png")
            .replace("name: dino", f"name: dino-{n}")
            for n in range(30)
        ),
    )
    found = load(shop.root, "catalog", PROVIDERS).diagnostics
    of_a, of_b = ([d for d in found if d.at and d.at.path.endswith(f"{file}.yaml")] for file in "ab")

    assert [d.summary for d in of_a[MAX_FAULTS:]] == ["30 more documents of this file are not valid"]
    assert len(of_b) == MAX_FAULTS
    assert [d.summary for d in found if d.at is None] == ["10 more warnings in catalog/b.yaml are not shown"]


def test_faults_in_all_are_capped(shop):
    for n in range(80):
        text = "---\n".join(
            tee("name: dino", f"name: D{n}-{m}").replace('"#A72525"', "red") for m in range(10)
        )
        shop.write(f"{n:02}.yaml", text)
    found = load(shop.root, "catalog", PROVIDERS).diagnostics

    assert len(found) == MOST_IN_ALL + 1
    assert found[-1].summary == "600 more errors are not shown"


def test_a_file_full_of_unknown_kinds_is_told_quickly(shop):
    shop.write("f.yaml", b"kind: x\n---\n" * (4 * 1024 * 1024 // 12))
    started = time.process_time()
    found = shop.load().diagnostics

    # The promise is 2 s; this process' own time, so that a busy machine says nothing about it.
    assert time.process_time() - started < 2
    assert len(found) <= MAX_FAULTS + 3
    assert "more documents of this file are not valid" in " ".join(d.summary for d in found)


def test_names_that_look_alike_are_one_name(shop):
    shop.write("f.yaml", CUSTOMER.replace("Poster", "Big Poster"))
    shop.write(
        "g.yaml", CUSTOMER.replace("Poster", "Big\u00a0Poster\u200b").replace("name: poster", "name: b")
    )
    found = load(shop.root, "catalog", PROVIDERS).diagnostics

    assert [d.rule for d in found if d.severity == "error"] == ["same-name"]


def test_a_fix_is_there_for_editors(shop):
    import json

    from podsync.output.json.diagnostics import validate_json

    told = json.loads(validate_json(faults(tee(COLOUR, "A72525"))))["diagnostics"][0]

    assert told["fix"] == [{
        "range": {"filename": "", "start": {"line": 7, "column": 15}, "end": {"line": 7, "column": 21}},
        "text": '"#A72525"',
    }]  # fmt: skip
