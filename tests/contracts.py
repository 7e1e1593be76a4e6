"""What every implementation of a port has to hold to: subclass, give the fixture, collect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from podsync.model import FrozenDict, Spec, canonical_json, freeze
from podsync.ports import Fault, Match, Provider, Remote, Request, Role

#: One rich spec per kind, and one without anything optional.
SPECS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "designed_product": (
        {
            "modelId": "1",
            "enName": "Dino",
            "imageUrl": "https://cdn.test/front.png",
            "backImageUrl": "https://cdn.test/back.png",
            "materialImages": [{"imageName": "a", "imageUrl": "https://cdn.test/a.png"}],
            "colorValue": "#a72525",
        },
        {"modelId": "2", "enName": "Rex", "imageUrl": "https://cdn.test/r.png", "colorValue": "#000000"},
    ),
    "customer_product": (
        {
            "name": "Tote",
            "customerIds": ["ben", "anna"],
            "productModelId": "model-tote",
            "variantOptions": [
                {
                    "id": "size",
                    "name": "Size",
                    "attributesMapping": [
                        {"partModelId": "frame", "attributeIds": ["w", "h"]},
                        {"partModelId": "bag", "attributeIds": ["w"]},
                    ],
                }
            ],
            "partQuantities": [{"partModelId": "z", "quantity": 2}, {"partModelId": "a", "quantity": 0}],
        },
        {"name": "Bag", "customerIds": ["*"], "productModelId": "m", "variantOptions": []},
    ),
}


class ProviderContract:
    """A provider is pure knowledge: it answers from its arguments and changes none of them."""

    @pytest.fixture
    def provider(self) -> Provider:
        raise NotImplementedError

    @pytest.fixture(params=[0, 1], ids=["rich", "short"])
    def spec(self, provider: Provider, request: pytest.FixtureRequest) -> Spec:
        return freeze(SPECS[provider.kind][request.param])  # type: ignore[no-any-return]

    @pytest.fixture
    def listed(self, provider: Provider, spec: Spec) -> Remote:
        """The product as a listing shows it: everything but what no listing returns."""
        return Remote("1", freeze({k: v for k, v in spec.items() if k not in provider.unlisted}))

    def test_its_facts_are_of_the_right_types(self, provider: Provider, spec: Spec) -> None:
        texts = (provider.name, provider.title, provider.kind, provider.model_field, provider.name_field)

        assert all(isinstance(text, str) and text for text in texts)
        assert isinstance(provider.mutable, frozenset)
        assert isinstance(provider.unlisted, frozenset)
        assert isinstance(provider.replaces, bool)
        assert isinstance(provider.telling, tuple)
        assert provider.telling[0] == provider.name_field
        assert provider.mutable.isdisjoint(provider.unlisted)
        assert {provider.model_field, *provider.telling} <= set(spec)

    def test_every_answer_is_of_the_right_type(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        assert all(isinstance(fault, Fault) for fault in provider.check(spec))
        assert isinstance(provider.request(spec), Request)
        assert isinstance(provider.likeness(spec), frozenset)
        assert provider.likeness(spec)
        assert all(isinstance(key, str) for key in provider.likeness(spec))
        assert isinstance(provider.unique_name(spec), str | None)
        assert isinstance(provider.clash(spec, spec), bool)
        assert isinstance(provider.match(spec, listed), Match)
        assert isinstance(provider.natural_key(("materialImages",)), str | None)
        for before in (None, spec):
            for after in (None, spec):
                risks = provider.risks(before, after)
                assert isinstance(risks, tuple)
                assert all(isinstance(risk, str) and risk for risk in risks)

    def test_every_picture_is_named_where_its_url_stands(self, provider: Provider, spec: Spec) -> None:
        found = list(provider.depictions(spec))

        for one in found:
            value: Any = spec
            for part in one.path:
                value = value[part]
            assert value == one.url
            assert isinstance(one.role, Role)
        assert {one.url for one in found} == set(re.findall(r'https://[^"]+', canonical_json(spec)))

    def test_nothing_is_changed_by_asking(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        text = canonical_json(spec)

        first = self._everything(provider, spec, listed)
        second = self._everything(provider, freeze(deepcopy(spec)), listed)

        assert first == second
        assert canonical_json(spec) == text
        hash(spec)

    @staticmethod
    def _everything(provider: Provider, spec: Spec, listed: Remote) -> list[Any]:
        return [
            list(provider.check(spec)),
            provider.request(spec),
            provider.canonical(spec),
            provider.identity(spec),
            provider.likeness(spec),
            provider.unique_name(spec),
            provider.clash(spec, spec),
            provider.risks(spec, spec),
            provider.match(spec, listed),
        ]

    def test_the_canonical_form_is_frozen_json_and_its_own_canonical_form(
        self, provider: Provider, spec: Spec
    ) -> None:
        once = provider.canonical(spec)

        assert isinstance(once, FrozenDict)
        assert once == freeze(json.loads(canonical_json(once)))
        assert provider.canonical(once) == once

    def test_absent_and_empty_are_one(self, provider: Provider, spec: Spec) -> None:
        padded = freeze({**spec, "nothing": None, "blank": "", "none": []})

        assert provider.canonical(padded) == provider.canonical(spec)

    def test_the_identity_is_json_and_does_not_depend_on_what_means_nothing(
        self, provider: Provider, spec: Spec
    ) -> None:
        backwards = freeze(dict(reversed(list(spec.items()))))
        told = provider.identity(spec)

        assert told == freeze(json.loads(canonical_json(told)))
        assert told == provider.identity(backwards) == provider.identity(provider.canonical(spec))

    def test_the_identity_needs_only_what_a_listing_returns(
        self, provider: Provider, spec: Spec, listed: Remote
    ) -> None:
        assert provider.identity(listed.fields) == provider.identity(spec)

    def test_it_is_the_same_as_its_own_listing(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        assert provider.match(spec, listed) is Match.SAME

    def test_it_is_not_another_model(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        other = Remote("1", freeze({**listed.fields, provider.model_field: "another"}))

        assert provider.match(spec, other) is Match.DIFFERENT

    def test_nothing_is_the_same_as_a_product_of_which_nothing_is_told(
        self, provider: Provider, spec: Spec
    ) -> None:
        assert provider.match(spec, Remote("1", FrozenDict())) is Match.DIFFERENT

    def test_what_shares_no_telling_field_never_matches(
        self, provider: Provider, spec: Spec, listed: Remote
    ) -> None:
        other = Remote("1", freeze({**listed.fields, **dict.fromkeys(provider.telling, "zzz")}))

        assert provider.match(spec, other) is Match.DIFFERENT

    def test_a_create_sends_the_spec_as_it_was_written(self, provider: Provider, spec: Spec) -> None:
        request = provider.request(spec)

        assert (request.method, json.loads(json.dumps(request.body))) == (
            "POST",
            json.loads(json.dumps(spec)),
        )
        assert request.path.startswith("/")

    def test_what_can_be_changed_can_be_sent(self, provider: Provider, spec: Spec) -> None:
        for name in provider.mutable:
            request = provider.update_request("a/b", freeze({name: spec[name]}))

            assert request.body == {name: spec[name]}
            assert "a/b" not in request.path

    def test_it_clashes_with_itself_if_orders_find_it_by_its_name(
        self, provider: Provider, spec: Spec
    ) -> None:
        assert provider.clash(spec, spec) == (provider.unique_name(spec) is not None)

    def test_two_of_one_name_that_clash_have_one_identity(self, provider: Provider, spec: Spec) -> None:
        twin = freeze({**spec, provider.name_field: f" {spec[provider.name_field]}"})

        if provider.clash(spec, twin):
            assert provider.identity(spec) == provider.identity(twin)
