"""Whether a document names a model that the account is known to have; and which one was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from podsync.model.diagnostic import SpecFault
from podsync.model.known_ids import KnownIds, KnownModel
from podsync.providers.normalise import number

#: So many models are offered.
_OFFERED = 3


def known_model(known: KnownIds, model_id: object) -> KnownModel | None:
    """Return what is known of the model that a spec names; zeros in front of a number do not count."""
    return known.models.get(str(model_id)) or known.models.get(number(model_id))


def unknown_model(
    known: KnownIds, title: str, field: str, model_id: object, name: str
) -> Iterator[SpecFault]:
    """Yield a warning where an account of `title` has models and what `field` names is none of them.

    `name` is the product's.
    """
    if model_id is None or not known.models or known_model(known, model_id) is not None:
        return
    near = _nearest(str(model_id), name, known.models)
    offer = " or ".join(f'"{model.id}"' + (f" ({model.name})" if model.name else "") for model in near)
    hint = f"did you mean {offer}? " if offer else ""
    listed = f"in {title}'s list of models"
    where = listed if known.ids.listed else f"the model of any product that {title} lists"
    yield SpecFault(
        "unknown-model",
        (field,),
        f"{model_id} is not {where}, as _known.yaml has it",
        f"{hint}all of them: podsync models; a new one: podsync models --save",
        "warning",
    )


def left_model(known: KnownIds, title: str, model_id: object) -> tuple[str, ...]:
    """Return the risk of a product whose model the supplier has taken off the list."""
    model = known_model(known, model_id) if model_id is not None and known.digest else None
    if model is None or not model.left:
        return ()
    return (f"{title} has no model {model.words} on its list since {model.left}",)


def _nearest(model_id: str, name: str, models: Mapping[str, KnownModel]) -> list[KnownModel]:
    """Return models that are called as the product is, or whose ids are nearly the same."""
    from difflib import get_close_matches

    wanted = _words(name)
    shared = {model.id: len(wanted & _words(model.name)) for model in models.values() if not model.left}
    by_name = sorted((id_ for id_, count in shared.items() if count), key=lambda id_: (-shared[id_], id_))
    best = [id_ for id_ in by_name if shared[id_] == shared[by_name[0]]] if by_name else []
    by_id = (
        []
        if model_id.isdigit()
        else get_close_matches(model_id, [m.id for m in models.values() if not m.left])
    )
    return [models[id_] for id_ in dict.fromkeys((*by_id, *best))][:_OFFERED]


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z0-9]+", text.lower().replace("t-shirt", "tee").replace("'s", ""))
    return frozenset(word.removesuffix("s") for word in found if len(word) > 2)
