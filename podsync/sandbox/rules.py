"""How the simulated providers behave: one switch for each thing that the vendors leave open.

Each default is what a vendor documents or shows in a sample; where nothing is said, the reading that
is most probable. A test turns the switch and so covers the other reading.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from podsync.sandbox.values import check_ways, treated

Order = Literal["newest", "oldest", "shuffle"]
Pages = Literal["steady", "repeat", "skip"]
IdForm = Literal["cp", "bare"]
TOTAL = re.compile(r"true|page|none|(capped|hidden):[0-9]{1,9}")
NUMBERS = (
    "latency", "kakaclo_lag", "gelato_lag", "create_date_hours", "replica", "date_offset", "date_back",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Rules:
    """The switches. Times are in seconds unless the name says otherwise.

    tokens: the first opens the shop `kakaclo` (`gelato`), the second the shop `kakaclo#2`, and so on.
    buckets: `(size, leak per second)`, None for no limit; a rejected request does not fill the bucket.
    """

    # -- both providers
    latency: float = 0.0  # before every answer
    order: Order = "newest"  # of a listing; shuffle: one arbitrary order, the same for every page
    order_seed: int = 0  # another seed, another shuffled order
    pages: Pages = "steady"  # repeat: each page repeats a row of the last; skip: a row falls between them
    page_size: int | None = None  # no page has more rows, whatever was asked for
    total: str = "true"  # what a listing says that there is: true, capped:N, page, hidden:N (more), none
    replica: float = 0.0  # listings are as of so long ago
    hidden: str = ""  # moderation: what has this in its name, or as its id, is not listed
    search_misses: str = ""  # what has this in its name is found by no search
    names: str = "keep"  # what becomes of a product's name: see `values.WAYS`
    date_header: bool = True
    date_offset: float = 0.0  # how far the Date header is off
    date_back: float = 0.0  # each Date is so much earlier than the one before
    age: int | None = None  # listings have this Age, as from a cache
    retry_after: str | None = None  # the header's value on a 429 of the bucket; no vendor documents one
    extra_fields: bool = False  # listed rows and answers carry a field nobody has heard of
    create_date_hours: float = 0.0  # how far createDate and createdAt are off UTC

    # -- KakaClo
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

    # -- Gelato
    gelato_keys: tuple[str, ...] = ("sandbox-gelato-key",)
    gelato_bucket: tuple[float, float] | None = (100.0, 100.0)  # connect-api.live.gelato.tech/docs
    gelato_lag: float = 0.0
    gelato_names: Literal["allow", "conflict"] = "allow"  # conflict: 409 for a shared customer's name
    gelato_create_id: IdForm = "cp"  # the id's form in the answers to POST and PATCH
    gelato_list_id: IdForm = "bare"  # the same product's id in the listing
    gelato_created_status: int = 200
    gelato_create_state: bool = False  # whether the answer to a create shows `state`
    gelato_pagination: bool = True
    gelato_customers: Literal["ids", "objects", "joined", "upper"] = "ids"  # how the listing shows them
    gelato_model: Literal["text", "number", "missing"] = "text"  # productModelId in the listing
    gelato_list_quantities: bool = False  # whether the listing shows partQuantities
    gelato_base_attributes: bool = False  # whether the server adds an option `base_attributes`
    gelato_star_matches: bool = False  # whether customerIds=a lists products of ["*"]
    gelato_patch_other: Literal["ignore", "400"] = "ignore"
    gelato_repeated_values: Literal["same", "409"] = "same"
    gelato_models: tuple[str, ...] | None = None  # the known product models; None: every one
    gelato_unknown_model_status: int = 400

    def __post_init__(self) -> None:
        """Refuse a word that no switch knows, so that a misspelt rule cannot pass for the default."""
        for name, kind in get_type_hints(type(self)).items():
            if get_origin(kind) is Literal and getattr(self, name) not in get_args(kind):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(get_args(kind))}")
        for name in NUMBERS:
            if not isinstance(getattr(self, name), int | float):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not a number")
        for name, least in (("page_size", 1), ("age", 0)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and value >= least):
                raise ValueError(f"{name}: {value!r} is not a whole number of {least} or more")
        for name in ("names", "total", "hidden", "search_misses"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not a text")
        check_ways(self.names)
        if not TOTAL.fullmatch(self.total):
            raise ValueError(f"total: {self.total!r} is not true, capped:N, page, hidden:N or none")

    def treated_name(self, name: str) -> str:
        """The name as the shop keeps it."""
        return treated(name, self.names)

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

    def with_changes(self, changes: Mapping[str, Any]) -> Self:
        """These rules with some of them changed; the values as JSON has them. ValueError if unknown."""
        known = {item.name for item in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise ValueError(f"no such rule: {', '.join(unknown)}")
        values: dict[str, Any] = {name: _from_json(name, value) for name, value in changes.items()}
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `from_dict` reads it back."""
        return {item.name: _to_json(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rules from JSON data; what is not named keeps its default."""
        return cls().with_changes(data)


def _to_json(value: object) -> object:
    if isinstance(value, Model):
        return {item.name: _to_json(getattr(value, item.name)) for item in fields(value)}
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value


def _from_json(name: str, value: object) -> object:
    if name == "models" and isinstance(value, Iterable):
        return tuple(item if isinstance(item, Model) else Model.from_dict(item) for item in value)
    if isinstance(value, list):
        return tuple(_from_json("", item) for item in value)
    return value
