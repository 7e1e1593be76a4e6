"""How simulated GelatoConnect behaves, where its pages leave it open."""

from dataclasses import dataclass
from typing import Literal

from podsync.sandbox.rules import Rules

IdForm = Literal["cp", "bare"]


@dataclass(frozen=True)
class GelatoRules(Rules):
    """The switches of Gelato."""

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
    gelato_repeated_values: Literal["same", "409", "twice"] = "same"  # twice: it is there twice then
    gelato_list_values: bool = True  # whether the listing shows the values of options
    gelato_models: tuple[str, ...] | None = None  # the known product models; None: every one
    gelato_unknown_model_status: int = 400
