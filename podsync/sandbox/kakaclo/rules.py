"""How simulated KakaClo behaves, where its pages leave it open, and the garments that it has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from podsync.sandbox.rules import Rules


@dataclass(frozen=True, slots=True)
class Model:
    """A blank garment of KakaClo. `id` is what a create calls modelId; `price` is in USD.

    Source: docs.kakaclo.com/admin-api/custom-product/get-design-model-list
    """

    id: int
    code: str
    name: str
    category: str = "T-shirt"
    price: float = 6.41
    sizes: tuple[str, ...] = ("S", "M", "L", "XL")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `Rules.to_dict` wrote; `code` and `name` may be left out."""
        number = int(data["id"])
        given = {key: value for key, value in data.items() if key != "id"}
        given.setdefault("code", f"PODQ{number:05d}")
        given.setdefault("name", f"Model {number}")
        given["sizes"] = tuple(given.get("sizes", cls.__dataclass_fields__["sizes"].default))
        return cls(id=number, **given)


DEFAULT_MODELS = (
    Model(1, "PODQ00001", "Round neck short sleeve T-shirt"),
    Model(2, "PODQ00002", "Pullover hoodie", "Hoodie", 12.9),
    Model(3, "PODQ00003", "Pleated skirt", "Skirt", 9.75, ("S", "M", "L")),
    Model(73, "PODQRB518", "Raglan long sleeve T-shirt"),
)


@dataclass(frozen=True)
class KakaCloRules(Rules):
    """The switches of KakaClo."""

    kakaclo_tokens: tuple[str, ...] = ("sandbox-kakaclo-token",)
    kakaclo_bucket: tuple[float, float] | None = (120.0, 2.0)  # docs.kakaclo.com/api-usage/rate-limits
    kakaclo_lag: float = 0.0  # until a listing shows a change; up to 300 for the sister query
    kakaclo_refusal: Literal["code", "400"] = "code"  # HTTP 200 with another code, or HTTP 400
    kakaclo_refusal_code: int = 20001
    kakaclo_message: str = "Success!"
    kakaclo_pictures: Literal["kept", "rehosted", "foreign"] = "kept"  # foreign: its own host's are kept
    kakaclo_model_id: Literal["absent", "number", "text"] = "absent"  # whether the search tells modelId
    kakaclo_zeros: bool = False  # 007 stands for model 7, instead of being refused
    kakaclo_codes: tuple[tuple[int, str], ...] = ()  # model id, its code from now on; two may share one
    kakaclo_text_ids: bool = False  # customDesignedId as text (the table) or a number (the sample)
    models: tuple[Model, ...] = DEFAULT_MODELS
    any_model: bool = True  # modelIds of 1 to 10**6 are known besides `models`

    def model(self, model_id: object) -> Model | None:
        """The model of a create's modelId: text of decimal digits, without leading zeros."""
        if not (isinstance(model_id, str) and model_id.isascii() and model_id.isdigit()):
            return None
        if len(model_id) > 7 or (model_id.startswith("0") and not self.kakaclo_zeros):
            return None
        number = int(model_id)
        found = next((model for model in self.models if model.id == number), None)
        if found is None and self.any_model and 1 <= number <= 10**6:
            found = Model(number, f"PODQ{number:05d}", f"Model {number}")
        code = dict(self.kakaclo_codes).get(number)
        return replace(found, code=code) if found is not None and code is not None else found

    @classmethod
    def parsed(cls, name: str, value: object) -> object:
        """Read models too."""
        if name == "models" and isinstance(value, Iterable):
            return tuple(item if isinstance(item, Model) else Model.from_dict(item) for item in value)
        return super().parsed(name, value)
