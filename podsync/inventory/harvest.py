"""The known ids of an account, from its listing: for plans, and for completion in editors. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from podsync.catalog.validation.schemas import schema_for_editors
from podsync.model.known_ids import AccountIds, KnownModel
from podsync.providers.contract import Remote
from podsync.providers.descriptor import FieldRoles, ProviderInfo
from podsync.providers.knowledge import Provider
from podsync.providers.registry import plugins


def from_list(models: Sequence[KnownModel], before: AccountIds, day: str) -> AccountIds:
    """Return the provider's own list of models; one that has left it stays, with the day since when."""
    found = {
        model.id: model._replace(sizes=model.sizes or before.models.get(model.id, model).sizes)
        for model in models
    }
    gone = {
        identity: model if model.left else model._replace(left=day)
        for identity, model in before.models.items()
        if identity not in found
    }
    return AccountIds({**gone, **found}, listed=True)


def from_products(provider: Provider, rows: Iterable[Remote]) -> AccountIds:
    """Return the ids that an account's products are built from, for providers without a list of them."""
    roles = provider.info.roles
    models: dict[str, KnownModel] = {}
    parts: dict[str, set[str]] = defaultdict(set)
    customers: set[str] = set()
    for row in rows:
        model = row.fields.get(roles.model)
        if model not in (None, ""):
            models[str(model)] = KnownModel(str(model))
        customers.update(map(str, row.fields.get(roles.customers) or ()))
        for part, attributes in _parts(roles, row.fields):
            parts[part].update(attributes)
    sorted_parts = {part: tuple(sorted(parts[part])) for part in sorted(parts)}
    return AccountIds(models, sorted_parts, tuple(sorted(customers - {roles.everybody})))


def _parts(roles: FieldRoles, fields: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for option in fields.get(roles.options) or ():
        for mapping in option.get(roles.option_parts) or ():
            if part := mapping.get(roles.option_part):
                yield str(part), [str(each) for each in mapping.get(roles.option_values) or ()]
    for each in fields.get(roles.parts) or ():
        if part := each.get(roles.part_name):
            yield str(part), []


# -- editors


def completing_schemas(known: Mapping[str, AccountIds]) -> dict[str, dict[str, Any]]:
    """Return the schema of each kind and that of all kinds, by name, with the known ids."""
    infos = {info.kind: info for info in plugins().values()}
    made = {kind: _completing(infos[kind], ids) for kind, ids in known.items()}
    catalog = deepcopy(schema_for_editors("catalog"))
    for kind, each in made.items():
        catalog["definitions"][kind] = {key: value for key, value in each.items() if key != "$schema"}
    return {**made, "catalog": catalog}


def _completing(info: ProviderInfo, ids: AccountIds) -> dict[str, Any]:
    """Return the schema of a provider's kind with the ids as snippets: an editor offers them by name.

    It refuses no other id: what is new at the supplier is no fault.
    """
    made = deepcopy(schema_for_editors(info.kind))
    roles, spec = info.roles, made["properties"]["spec"]["properties"]
    models = [model for model in ids.models.values() if not model.left]
    _offer(spec.get(roles.model), [_of_model(model) for model in models])
    _offer(_items(spec.get(roles.customers)), map(_plain, ids.customers))
    mapping = _items(_items(spec.get(roles.options)).get("properties", {}).get(roles.option_parts))
    _offer(mapping.get("properties", {}).get(roles.option_part), map(_plain, ids.parts))
    attributes = sorted({each for all_ in ids.parts.values() for each in all_})
    _offer(_items(mapping.get("properties", {}).get(roles.option_values)), map(_plain, attributes))
    quantity = _items(spec.get(roles.parts)).get("properties", {})
    _offer(quantity.get(roles.part_name), map(_plain, ids.parts))
    return made


def _items(rules: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = (rules or {}).get("items", {})
    return found


def _offer(rules: dict[str, Any] | None, snippets: Iterable[dict[str, str]]) -> None:
    offered = list(snippets)
    if rules and offered:
        rules["defaultSnippets"] = offered


def _of_model(model: KnownModel) -> dict[str, str]:
    sizes = f"sizes {', '.join(model.sizes)}" if model.sizes else ""
    about = ", ".join(filter(None, (model.category, model.code, model.price, sizes)))
    label = f"{model.name} ({model.id})" if model.name else model.id
    return {"label": label, "description": about, "body": _body(model.id)}


def _plain(identity: str) -> dict[str, str]:
    return {"label": identity, "body": _body(identity)}


def _body(identity: str) -> str:
    """Return the text to insert: quoted, with snippet characters escaped."""
    quoted = identity.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + quoted.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}") + '"'


def together(accounts: Sequence[AccountIds]) -> AccountIds:
    """Return the ids of several accounts of one provider as one."""
    models = {identity: model for each in accounts for identity, model in each.models.items()}
    parts: dict[str, set[str]] = defaultdict(set)
    for each in accounts:
        for part, attributes in each.parts.items():
            parts[part].update(attributes)
    customers = sorted({customer for each in accounts for customer in each.customers})
    return AccountIds(models, {part: tuple(sorted(parts[part])) for part in sorted(parts)}, tuple(customers))
