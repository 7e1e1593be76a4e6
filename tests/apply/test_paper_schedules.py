"""Schedules that were found on paper: worlds that no vendor's page describes, and what must hold there."""

from __future__ import annotations

import json

import pytest

from podsync.apply.report import Result
from podsync.model.errors import LockedError
from tests.apply.evidence import (
    CREATE_WORDS,
    CUT_AFTER,
    CUT_BEFORE,
    LONG,
    NAMES,
    PROVIDERS,
    advice,
    begin,
    creates,
    ends_well,
    in_doubt,
    lose,
    made,
    make,
    other_machine,
    outcome,
    results,
    truth,
    well_again,
)
from tests.apply.vendor_server import Odd
from tests.apply.world import OTHER_GELATO_KEY, OTHER_KAKACLO_KEY, changed
from tests.products import poster_spec, tee_spec

both = pytest.mark.parametrize("provider", PROVIDERS)
committed = pytest.mark.parametrize("commit", [True, False], ids=["made", "not made"])
hosting = pytest.mark.parametrize("rehost", [True, False], ids=["rehosted", "kept"])
LISTING = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}
DAY = 86400.0


def spec_of(provider, slug, **fields):
    return {**(tee_spec if provider == "kakaclo" else poster_spec)(slug), **fields}


# -- listings


@both
@pytest.mark.parametrize("size", [100, 30])
def test_a_page_is_clamped_below_what_was_asked_for(world, provider, size):
    for number in range(3):
        make(world, provider, f"n{number}")
    world.server.order, world.server.page_limit = "newest", size
    world.apply()
    world.server.fill(provider, 260, age=0)
    world.clock.pass_by(LONG)
    lose(world, memory=True)

    report = world.apply(first_contact=True)

    assert creates(world) == 3
    assert set(results(report)) == {Result.ADOPTED}
    truth(world, report)


@both
@committed
def test_rows_fall_between_the_pages_for_ever(world, provider, commit):
    for number in range(6):
        make(world, provider, f"n{number}")
    world.apply()
    address = in_doubt(world, provider, made=commit, slug="doubt")
    world.server.page_limit, world.server.pages, world.server.order = 2, "skip", "oldest"
    before = creates(world)

    for _ in range(3):
        world.clock.pass_by(LONG)
        report = world.apply()
        assert creates(world) == before
        assert commit or outcome(report, address).result is Result.IN_DOUBT
        truth(world, report)

    ends_well(world)
    assert made(world, provider) == 7


@both
@pytest.mark.parametrize(
    "replicas", [(2 * LONG,), (0.0, 2 * LONG), (2 * LONG, 2 * LONG, 0.0)], ids=["always", "turns", "mostly"]
)
def test_a_replica_that_is_far_behind(world, provider, replicas):
    make(world, provider, "first")
    world.apply()
    world.clock.pass_by(LONG)
    make(world, provider, "second")
    world.server.misbehave(f"{provider}.create", CUT_AFTER)
    world.server.replicas = replicas

    report = world.apply()

    assert creates(world) <= 2
    truth(world, report)
    ends_well(world)
    assert made(world, provider) == 2


@both
def test_a_total_that_counts_hidden_rows_does_not_stop_everything_for_ever(world, provider):
    make(world, provider, "first")
    world.apply()
    world.server.total = lambda rows, _page: rows + 3
    in_doubt(world, provider, made=False)

    for _ in range(4):
        world.clock.pass_by(LONG)
        report = world.apply()
        truth(world, report)
        if report.exit_code == 0:
            break

    assert report.exit_code == 0
    assert made(world, provider) == creates(world) == 2


@both
@pytest.mark.parametrize("tells", [True, False], ids=["age", "only an old date"])
def test_listings_come_from_a_cache(world, provider, tells):
    make(world, provider, "first")
    world.server.cache_seconds, world.server.cache_tells_age = 5 * LONG, tells
    world.apply()
    make(world, provider, "second")
    # The gateway's answer is younger than what the cache holds of before.
    late = Odd("status", commit=True, status=504, hook=lambda: world.clock.pass_by(5))
    world.server.misbehave(f"{provider}.create", late, late)

    report = world.apply()

    assert creates(world) <= 2
    truth(world, report)
    ends_well(world)
    assert made(world, provider) == 2


@both
def test_ten_thousand_foreign_products_and_ten_new_documents(world, provider):
    world.server.fill(provider, 10_000)
    for number in range(10):
        make(world, provider, f"a{number}")
    pages = 10_000 // (100 if provider == "kakaclo" else 250) + 1

    first = world.apply(first_contact=True)
    read = len(world.server.sent(LISTING[provider]))
    world.clock.pass_by(LONG)
    for number in range(10):
        make(world, provider, f"b{number}")
    second = world.apply()

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert creates(world) == made(world, provider) == 20
    # Once before creating (twice alike where absence is said), never again while the state is up to date.
    assert read <= 2 * pages + 20
    assert len(world.server.sent(LISTING[provider])) - read <= 20
    truth(world, second)


# -- other people beside us


@hosting
@pytest.mark.parametrize("when", ["before", "while it lags"])
def test_staff_make_a_namesake_while_ours_is_not_listed_yet(world, rehost, when):
    theirs = {**tee_spec("one"), "imageUrl": "https://staff.example/front.png", "backImageUrl": None}
    world.tee("first")
    world.apply()
    world.server.rehost = rehost
    if when == "before":
        # Older than the last apply: what is younger could be ours, made by somebody with a newer state.
        world.server.by_hand("kakaclo", theirs, age=DAY)
    address = world.tee("one")
    world.server.lag = 300

    def staff():
        world.server.lag = 0
        world.server.by_hand("kakaclo", theirs)
        world.server.lag = 300

    hook = staff if when != "before" else None
    world.server.misbehave("kakaclo.create", Odd("pass", hook=hook))

    report = world.apply()

    assert creates(world) == 2
    truth(world, report)
    truth(world, well_again(world))
    assert creates(world) == 2
    staffs = next(p["id"] for p in world.server.products("kakaclo") if p["hand"])
    assert world.entry(address).id != staffs


@both
@pytest.mark.parametrize("namesakes", [False, True], ids=["others", "namesakes of ours"])
def test_foreign_products_are_made_daily_beside_ours(world, provider, namesakes):
    make(world, provider, "day0")
    world.apply()
    for day in range(1, 6):
        world.clock.pass_by(DAY)
        name = spec_of(provider, f"day{day - 1}")[NAMES[provider]] if namesakes else f"Somebody's {day}"
        theirs = spec_of(provider, f"staff{day}", **{NAMES[provider]: name})
        if provider == "gelato":
            theirs["customerIds"] = ["customer-of-theirs"]
        world.server.by_hand(provider, theirs)
        make(world, provider, f"day{day}")

        report = world.apply()

        assert report.exit_code == 0, day
        truth(world, report)
    assert creates(world) == made(world, provider) == 6


@both
def test_a_product_is_hidden_by_moderation_for_a_day(world, provider):
    first, _ = make(world, provider, "first"), make(world, provider, "second")
    world.apply()
    world.clock.pass_by(LONG)
    identity = world.entry(first).id
    world.server.hide(identity, DAY)
    for number in range(3):
        make(world, provider, f"new{number}")
        report = world.apply()
        assert report.exit_code == 0
        truth(world, report)
        world.clock.pass_by(DAY / 6)

    world.clock.pass_by(DAY)
    ends_well(world)

    assert world.entry(first).id == identity
    assert creates(world) == made(world, provider) == 5


@both
def test_a_shop_is_emptied_by_hand(world, provider):
    for number in range(3):
        make(world, provider, f"n{number}")
    world.apply()
    world.clock.pass_by(LONG)
    for product in world.server.products(provider):
        world.server.remove(product["id"])
    make(world, provider, "new")

    report = world.apply()

    assert creates(world) == 3
    assert report.exit_code == 9
    # What to do about it, --emptied among it, is told by the command line from this fact alone.
    assert report.other_accounts == (provider,)
    assert "state rm" not in " ".join([*advice(report), *report.stopped.values()])
    truth(world, report)


@both
def test_two_accounts_that_count_alike(world, provider):
    world.server.count_per_account = True
    for number in range(3):
        make(world, provider, f"n{number}")
    world.apply()
    world.clock.pass_by(LONG)
    world.server.fill(provider, 3, account="other")
    world.keys = {"kakaclo": OTHER_KAKACLO_KEY, "gelato": OTHER_GELATO_KEY}
    make(world, provider, "new")

    report = world.apply()

    assert creates(world) == 3
    assert report.exit_code == 9
    truth(world, report)
    ends_well(world)


# -- refusals and edits


@pytest.mark.parametrize("odd", [Odd("status", True, 400), Odd("code", True, 50000)], ids=["400", "50000"])
@hosting
def test_a_committed_refusal_and_then_the_document_is_edited(world, odd, rehost):
    world.server.rehost = rehost
    world.tee("first")
    world.apply()
    address = world.tee()
    world.server.misbehave("kakaclo.create", odd)
    world.apply()
    world.clock.pass_by(LONG)
    world.tee(enName="Edited since")

    report = world.apply()

    assert creates(world) == 2
    assert outcome(report, address).result in (Result.NOT_TRIED, Result.FAILED, Result.IN_DOUBT)
    assert report.exit_code in (4, 8)
    truth(world, report)


@both
def test_two_documents_whose_specs_are_swapped(world, provider):
    one, two = make(world, provider, "one"), make(world, provider, "two")
    world.apply()
    world.clock.pass_by(LONG)
    ids = world.entry(one).id, world.entry(two).id
    first, second = world.documents[one], world.documents[two]
    world.documents[one] = changed(first, spec=second.spec)
    world.documents[two] = changed(second, spec=first.spec)

    report = world.apply()

    assert report.exit_code == 0
    assert creates(world) == 2
    assert world.server.sent("gelato.update") == []
    assert (world.entry(two).id, world.entry(one).id) == ids
    truth(world, report)


@hosting
@pytest.mark.parametrize(
    "fields", [{"enName": "Take {}"}, {"colorValue": "#00000{}"}], ids=["name", "colour"]
)
def test_a_replace_of_a_replace_while_nothing_is_bound(world, rehost, fields):
    world.server.rehost, world.server.lag = rehost, 400
    address = world.tee()
    for take in range(1, 4):
        report = world.apply(wait=False)
        truth(world, report)
        world.tee(**{key: value.format(take) for key, value in fields.items()})

    ends_well(world)

    body = world.server.body_of(world.entry(address).id)
    assert all(body[key] == value.format(3) for key, value in fields.items())


@both
@hosting
@pytest.mark.parametrize("which", [0, 1])
@committed
def test_dino_1_beside_dino_10(world, provider, rehost, which, commit):
    begin(world, provider)
    world.server.rehost = rehost
    world.settings["parallelism"] = 1
    for slug, name in (("d1", "Dino 1"), ("d10", "Dino 10")):
        make(world, provider, slug, **{NAMES[provider]: name})
    world.server.misbehave(f"{provider}.create", *[None] * which, Odd("cut", commit=commit))

    report = world.apply()

    assert report.exit_code == 0
    truth(world, report)
    assert made(world, provider) == 2
    assert creates(world) == (2 if commit else 3)


@both
@hosting
@pytest.mark.parametrize("ways", ["ascii", "emoji"])
@pytest.mark.parametrize(
    "names", [("🦖🦖", "🦕🦕"), ("恐竜のシャツ", "恐竜のポスター")], ids=["emoji", "CJK"]
)
def test_names_of_emoji_or_cjk_only(world, provider, rehost, ways, names):
    world.server.rehost, world.server.names, world.server.lag = rehost, ways, 30
    for number, name in enumerate(names):
        make(world, provider, f"n{number}", **{NAMES[provider]: name})
    world.server.misbehave(f"{provider}.create", None, CUT_AFTER)

    truth(world, world.apply())
    truth(world, well_again(world))
    assert creates(world) == 2
    lose(world, memory=True)
    for contact in (False, True):
        truth(world, world.apply(first_contact=contact))
        assert creates(world) == 2


# -- models


@pytest.mark.parametrize("form", ["objects", "joined", "upper"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "in doubt"])
def test_customers_are_listed_in_another_form(world, form, lost):
    world.server.customers_as = form
    world.poster("first")
    if lost:
        world.apply()
        world.clock.pass_by(LONG)
        lose(world, memory=True)
    else:
        world.server.misbehave("gelato.create", CUT_AFTER)

    for contact in (False, True):
        report = world.apply(first_contact=contact)
        assert creates(world) == 1
        truth(world, report)


@pytest.mark.parametrize("form", ["number", "missing"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "in doubt"])
def test_gelatos_model_is_a_number_or_missing(world, form, lost):
    world.server.model_field_as = form
    world.poster("first", productModelId="77")
    if lost:
        world.apply()
        world.clock.pass_by(LONG)
        lose(world, memory=True)
    else:
        world.server.misbehave("gelato.create", CUT_AFTER)

    for contact in (False, True):
        report = world.apply(first_contact=contact)
        assert creates(world) == 1
        truth(world, report)


@hosting
@pytest.mark.parametrize("down", [True, False], ids=["model list down", "model list up"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost", "in doubt"])
def test_a_models_code_changes_between_applies(world, rehost, down, lost):
    world.server.rehost = rehost
    world.tee("first")
    world.apply()
    world.clock.pass_by(LONG)
    world.server.codes = {"1": "NEW-CODE"}
    if down:
        world.server.always("kakaclo.models", Odd("status", status=404))
    before = creates(world)
    if lost:
        lose(world, memory=True)
    else:
        world.tee("second")
        world.server.misbehave("kakaclo.create", CUT_AFTER)
        before += 1

    report = world.apply()

    # While its own products cannot be seen, it may also decide to send nothing.
    assert creates(world) <= before
    truth(world, report)
    if not lost:
        ends_well(world)


def test_two_models_change_their_codes_with_each_other(world):
    first, second = world.tee("first", modelId="1"), world.tee("second", modelId="2")
    world.apply()
    world.clock.pass_by(LONG)
    ids = world.entry(first).id, world.entry(second).id
    world.server.codes = {"1": "CODE-2", "2": "CODE-1"}
    world.tee("third", modelId="1")
    world.server.misbehave("kakaclo.create", CUT_AFTER)

    report = world.apply()

    assert creates(world) <= 3
    truth(world, report)
    assert (world.entry(first).id, world.entry(second).id) == ids


# -- machines and states


@both
@hosting
@pytest.mark.parametrize("memory", [True, False], ids=["with .podsync", "the state alone"])
def test_the_local_state_is_copied_to_another_machine(world, tmp_path, provider, rehost, memory):
    world.server.rehost = rehost
    make(world, provider, "first")
    world.apply()
    world.clock.pass_by(LONG)
    other = other_machine(world, tmp_path / "copy", memory=memory)
    make(world, provider, "second")
    world.apply()
    world.clock.pass_by(LONG)
    other.documents = dict(world.documents)

    for contact in (False, True):
        report = other.apply(first_contact=contact)
        assert creates(world) == 2
        truth(other, report)


@both
def test_two_clones_on_one_laptop_never_write_at_once(world, tmp_path, provider):
    """The lock of a state tells nothing of another state for the same account."""
    make(world, provider, "first")
    world.apply()
    clone = other_machine(world, tmp_path / "clone", memory=False)
    make(world, provider, "second")
    clone.documents, clone.locks = dict(world.documents), world.locks
    met = []

    def meanwhile():
        before = creates(world)
        try:
            clone.apply()
        except LockedError:
            met.append("locked")
        assert creates(world) == before

    world.server.misbehave(f"{provider}.create", Odd("pass", hook=meanwhile))

    report = world.apply()

    assert met == ["locked"]
    truth(world, report)


@pytest.mark.parametrize("again", [1, 4])
def test_an_id_that_is_never_listed_becomes_a_question(world, again):
    world.tee("first")
    world.apply()
    address = world.tee()
    world.server.lag = 1e9

    report = world.apply()

    assert report.exit_code == 0
    assert outcome(report, address).result is Result.CREATED
    for _ in range(again):
        world.clock.pass_by(LONG)
        report = world.apply()
        assert report.exit_code in (4, 8)
        assert creates(world) == 2
    truth(world, report)


def version_1(world, *entries):
    """A state as the version before wrote it, after a whole apply."""
    stamp = "2025-10-09T08:00:00Z"
    urls = world.server.urls()
    whole = {
        "version": 1, "podsync_version": "0.1.0", "lineage": "d4cd698a-9159-45fc-8a7a-4289fcda05a4",
        "serial": 7, "orphans": [], "last_apply": None,
        "providers": {name: {"account": "default", "base_url": url} for name, url in urls.items()},
        "entries": {
            str(address): {
                "account": "default", "created_at": stamp, "updated_at": stamp, "id": identity,
                "labels": {}, "lifecycle": {}, "origin": "created", "pending": None, "place": ":1",
                "provider": provider, "remote": {"product": {}}, "spec": spec, "status": "created",
                "unverified": [],
            }
            for address, provider, identity, spec in entries
        },
    }  # fmt: skip
    world.path.write_text(json.dumps(whole, indent=1, sort_keys=True), encoding="utf-8")


@both
def test_an_older_state_is_upgraded_and_goes_on(world, provider):
    address = make(world, provider, "one")
    spec = spec_of(provider, "one")
    identity = world.server.by_hand(provider, spec, age=LONG)
    version_1(world, (address, provider, identity, spec))
    old = world.path.read_bytes()
    make(world, provider, "two")

    report = world.apply()

    assert report.exit_code == 0
    assert creates(world) == 1
    assert world.entry(address).id == identity
    assert json.loads(world.path.read_text(encoding="utf-8"))["version"] > 1
    assert old in [p.read_bytes() for p in world.folder.glob("*.backup*")], "no backup of what was there"
    truth(world, report)
    ends_well(world)


def test_what_an_older_version_may_have_bound_wrongly_is_told_once(world):
    """Two colours whose ids it swapped; nothing of it can be seen but the pictures."""
    specs = {slug: {**tee_spec(slug), "enName": "Dino Tee"} for slug in ("one", "two")}
    addresses = {slug: world.tee(slug, **specs[slug]) for slug in specs}
    ids = {slug: world.server.by_hand("kakaclo", specs[slug], age=LONG) for slug in specs}
    swapped = {"one": ids["two"], "two": ids["one"]}
    version_1(world, *((addresses[slug], "kakaclo", swapped[slug], specs[slug]) for slug in specs))
    world.tee("three")

    first = world.apply()
    world.clock.pass_by(LONG)
    second = world.apply()

    def told(report):
        words = " ".join([*report.notes, *advice(report)])
        return [slug for slug in specs if str(addresses[slug]) in words]

    assert told(first) == ["one", "two"]
    assert told(second) == []
    assert creates(world) == 1


@both
def test_an_approved_plan_is_carried_out_and_a_create_may_only_become_an_adopt(world, provider):
    """The plan was made before somebody's lost apply: what is there already is adopted, the rest is made."""
    one, two = make(world, provider, "one"), make(world, provider, "two")
    plan = world.plan()
    there = world.server.by_hand(provider, spec_of(provider, "one"), age=LONG)

    report = world.apply(plan=plan, first_contact=True)

    assert outcome(report, one).result is Result.ADOPTED
    assert outcome(report, two).result is Result.CREATED
    assert world.entry(one).id == there
    assert creates(world) == 1
    truth(world, report)


def test_a_doubt_of_one_does_not_hold_up_what_can_be_told_apart(world):
    """Another model and another name: it is made at once, and the doubt is waited for beside it."""
    begin(world, "kakaclo")
    in_doubt(world, "kakaclo", made=False)
    other = world.tee("other", modelId="5", enName="Something else")

    report = world.apply(wait=False)

    assert outcome(report, other).result in CREATE_WORDS
    assert report.exit_code == 8
    assert creates(world) == 1
    truth(world, report)


def test_nothing_is_sent_that_a_doubt_could_not_be_told_apart_from(world):
    """One name and one model, pictures re-hosted: the second would look like the first."""
    begin(world, "kakaclo")
    world.server.rehost, world.server.lag = True, 120
    world.settings["parallelism"] = 1
    first = world.tee("one", enName="Same")
    world.dies(lambda word, what: word == "before" and "POST" in what)
    second = world.tee("two", enName="Same", colorValue="#123456")

    report = world.apply(wait=False)

    assert creates(world) == 0
    assert outcome(report, first).result is Result.IN_DOUBT
    assert outcome(report, second).result in (Result.NOT_TRIED, Result.FAILED)
    truth(world, report)


def test_none_is_not_said_a_second_time(world):
    """Twice nothing was found of one address: the third time a person lets it go."""
    world.tee("first")
    world.apply()
    address = in_doubt(world, "kakaclo", made=False)
    world.clock.pass_by(LONG)
    world.server.misbehave("kakaclo.create", CUT_BEFORE)
    world.dies(lambda word, what: word == "before" and "find" in what and creates(world) == 2)
    world.clock.pass_by(LONG)

    report = world.apply()

    assert creates(world) == 2
    assert outcome(report, address).result in (Result.IN_DOUBT, Result.NOT_TRIED)
    assert report.exit_code in (4, 8)
    truth(world, report)
