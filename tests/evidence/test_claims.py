"""Which listed product is whose: all claims are judged at once over one reading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from podsync.evidence.claims import Claim, ClaimKind, Judge
from podsync.evidence.findings import Verdicts
from podsync.model.address import Address
from podsync.model.frozen import FrozenDict, freeze
from podsync.providers.contract import Remote
from podsync.providers.habits import Habits
from podsync.providers.kakaclo.provider import KakaClo

BODY: dict[str, Any] = {
    "modelId": "1",
    "enName": "The Tee",
    "imageUrl": "https://cdn.example/f.png",
    "backImageUrl": "https://cdn.example/b.png",
}
REHOSTED = {"imageUrl": "https://img.example/1.png", "backImageUrl": "https://img.example/2.png"}
ONE, TWO = Address("designed_product", "one"), Address("designed_product", "two")


def row(identity: str = "7", **changes: Any) -> Remote:
    return Remote(identity, freeze({**BODY, **changes}))


def claim(address: Address = ONE, kind: ClaimKind = ClaimKind.DOUBT, **options: Any) -> Claim:
    body = freeze({**BODY, **options.pop("body", {})})
    moment = {ClaimKind.DOUBT: 0.0, ClaimKind.WANTED: -1.0}.get(kind, 1.0)
    return Claim((address, moment), kind, body, **options)


def judged(
    *claims: Claim, rows: tuple[Remote, ...], habits: Habits | None = None, fresh: bool = True
) -> Verdicts:
    judge = Judge(KakaClo(), rows, habits or Habits())
    return judge.judge(claims, {each.id: each for each in rows}, fresh=fresh)


def found(verdicts: Verdicts) -> dict[str, tuple[str, bool]]:
    return {key[0].name: (remote.id, sure) for key, (remote, sure) in verdicts.found.items()}


def test_the_one_row_that_is_the_same_is_it_however_young_the_doubt() -> None:
    assert found(judged(claim(), rows=(row(),))) == {"one": ("7", True)}


def test_several_same_are_a_question() -> None:
    verdicts = judged(claim(), rows=(row("7"), row("8")))

    assert found(verdicts) == {}
    assert [each.id for each in verdicts.asks[ONE, 0.0]] == ["7", "8"]


def test_what_was_listed_before_it_was_sent_is_not_it() -> None:
    verdicts = judged(claim(before=frozenset({"7"}), settled=True), rows=(row(),))

    assert found(verdicts) == {}
    assert verdicts.none == [(ONE, 0.0)]


def test_nothing_is_said_of_what_is_not_settled_and_not_found() -> None:
    verdicts = judged(claim(), rows=(row(modelId="2"),))

    assert (found(verdicts), verdicts.none, verdicts.asks) == ({}, [], {})


def test_none_is_said_of_a_settled_doubt_without_a_candidate() -> None:
    assert judged(claim(settled=True), rows=(row(modelId="2"),)).none == [(ONE, 0.0)]


def test_one_row_that_came_back_changed_is_bound_provisionally() -> None:
    assert found(judged(claim(), rows=(row(**REHOSTED),))) == {"one": ("7", False)}


def test_what_the_answer_said_to_exist_already_is_taken_for_it_only_where_it_is_the_same() -> None:
    changed = judged(claim(conflict=True), rows=(row(**REHOSTED),))
    settled = judged(claim(conflict=True, settled=True), rows=(row(**REHOSTED),))
    same = judged(claim(conflict=True), rows=(row(),))

    assert (found(changed), changed.asks) == ({}, {})
    assert (found(settled), set(settled.asks)) == ({}, {(ONE, 0.0)})
    assert found(same) == {"one": ("7", True)}


def test_a_change_that_is_known_not_to_happen_binds_nothing() -> None:
    verdicts = judged(claim(settled=True), rows=(row(**REHOSTED),), habits=Habits(setting="kept"))

    assert found(verdicts) == {}
    assert set(verdicts.asks) == {(ONE, 0.0)}


def test_a_model_that_nobody_tells_binds_nothing() -> None:
    verdicts = judged(claim(settled=True), rows=(row(modelId=None),))

    assert found(verdicts) == {}
    assert set(verdicts.asks) == {(ONE, 0.0)}


def test_two_that_the_listing_cannot_tell_apart_are_not_bound_by_order() -> None:
    twins = claim(ONE), claim(TWO)

    assert found(judged(*twins, rows=(row("7"),))) == {}
    assert found(judged(*twins, rows=(row("7"), row("8")))) == {}


def test_a_row_that_is_exactly_ones_is_nobody_elses() -> None:
    other = claim(TWO, body={"enName": "The TEE"}, settled=True)

    verdicts = judged(claim(ONE), other, rows=(row(),))

    assert found(verdicts) == {"one": ("7", True)}
    assert verdicts.none == [(TWO, 0.0)]


def test_a_row_that_is_exactly_what_was_refused_is_its_address_s() -> None:
    refused = claim(ONE, ClaimKind.REFUSED)
    others = {"imageUrl": "https://cdn.example/two.png"}

    for kind in (ClaimKind.DOUBT, ClaimKind.UNBOUND, ClaimKind.WANTED):
        verdicts = judged(refused, claim(TWO, kind, body=others, settled=True), rows=(row(),))
        assert (found(verdicts), verdicts.asks, verdicts.near) == ({}, {}, {})
        verdicts = judged(refused, claim(ONE, kind, body=others, settled=True), rows=(row(),))
        assert found(verdicts) or verdicts.near


def test_adopting_needs_one_row_and_one_who_wants_it() -> None:
    first, second = claim(ONE, ClaimKind.WANTED), claim(TWO, ClaimKind.WANTED)

    assert found(judged(first, rows=(row(),))) == {"one": ("7", True)}
    assert found(judged(first, second, rows=(row(),))) == {}
    assert found(judged(first, rows=(row("7"), row("8")))) == {}


def test_what_came_back_changed_is_never_adopted() -> None:
    verdicts = judged(claim(ONE, ClaimKind.WANTED), rows=(row(**REHOSTED),))

    assert found(verdicts) == {}
    assert [each.id for each in verdicts.near[ONE, -1.0]] == ["7"]


def test_what_was_sent_comes_before_what_is_wanted() -> None:
    verdicts = judged(claim(ONE, ClaimKind.WANTED), claim(TWO, ClaimKind.UNBOUND), rows=(row(),))

    assert found(verdicts) == {"two": ("7", True)}


def _held(**options: Any) -> Claim:
    return claim(ONE, ClaimKind.PROVISIONAL, id="7", **options)


def test_a_provisional_id_is_confirmed_by_a_row_that_is_the_same() -> None:
    listed = {"7": row()}
    verdicts = Judge(KakaClo(), (), Habits()).judge([_held()], listed, fresh=True)

    assert set(verdicts.confirmed) == {(ONE, 1.0)}


def test_a_second_candidate_takes_a_provisional_id_back() -> None:
    held, second = row("7", **REHOSTED), row("8", **REHOSTED)
    judge = Judge(KakaClo(), (second,), Habits())

    verdicts = judge.judge([_held()], {"7": held, "8": second}, fresh=True)
    later = judge.judge([_held(settled=True)], {"7": held, "8": second}, fresh=True)

    assert verdicts.revoked == {(ONE, 1.0)}
    assert [each.id for each in verdicts.asks[ONE, 1.0]] == ["7", "8"]
    assert (later.revoked, later.confirmed) == ({(ONE, 1.0)}, {})


def test_a_second_candidate_that_was_made_later_says_nothing_of_a_settled_one() -> None:
    held, second = row("7", **REHOSTED), replace(row("8", **REHOSTED), created_at=100.0)
    judge = Judge(KakaClo(), (second,), Habits())

    def confirmed(**facts: Any) -> bool:
        return bool(judge.judge([_held(**facts)], {"7": held, "8": second}, fresh=True).confirmed)

    assert confirmed(settled=True, latest=99.0)
    assert not confirmed(settled=True, latest=100.0)
    assert not confirmed(settled=False, latest=99.0)


def test_an_id_that_an_answer_told_and_no_listing_shows_is_taken_back_once_settled() -> None:
    def revoked(*, settled: bool, fresh: bool) -> bool:
        held = _held(answered=True, settled=settled)
        return bool(Judge(KakaClo(), (), Habits()).judge([held], FrozenDict(), fresh=fresh).revoked)

    assert revoked(settled=True, fresh=True)
    assert not revoked(settled=False, fresh=True)
    assert not revoked(settled=True, fresh=False)


def test_a_state_that_does_not_know_all_presumes_nothing() -> None:
    """A newer one may have made what is listed otherwise than it was sent; what was presumed stands."""
    changed = row("7", **REHOSTED)

    def told(*claims: Claim, row: Remote = changed, **facts: Any) -> Verdicts:
        rows = () if claims[0].id else (row,)
        return Judge(KakaClo(), rows, Habits()).judge(claims, {"7": row}, fresh=True, **facts)

    assert found(told(claim())) == {"one": ("7", False)}
    assert found(told(claim(), knows_all=False)) == found(told(claim(), unclaimed={"7"})) == {}
    assert set(told(_held(settled=True), knows_all=False).confirmed) == {(ONE, 1.0)}
