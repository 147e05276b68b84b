"""A service that is here: its model, its operations, and what its store errors mean to a client."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from botocore import xform_name
from botocore.model import ServiceModel

from poolhouse.call import Call
from poolhouse.errors import ApiError
from poolhouse.wire.models import service_model, service_model_without
from poolhouse.wire.protocol import Result

Operation = Callable[[Call, Any], Result]
StoreErrors = Mapping[tuple[type[Exception], str], Callable[[Any], ApiError]]
"""(kind of store error, table) -> the error a client gets; the store error is its argument."""


@dataclass(frozen=True)
class Service:
    """A service by botocore's name, its operations by AWS's."""

    name: str
    model: ServiceModel
    operations: Mapping[str, Operation]
    store_errors: StoreErrors = field(default_factory=dict)

    @property
    def store_error_types(self) -> tuple[type[Exception], ...]:
        return tuple({kind for kind, _ in self.store_errors})

    def api_error(self, failure: Exception) -> ApiError | None:
        """What a store error means here; None where the service's table does not say."""
        make = self.store_errors.get((type(failure), getattr(failure, "entity", "")))
        return None if make is None else make(failure)


def collect(name: str, modules: Iterable[ModuleType], store_errors: StoreErrors | None = None) -> Service:
    """A service made of the functions in these modules that are named as boto3 names its operations.

    A module's STORE_ERRORS is taken too, where `store_errors` is not given, and its NOT_CHECKED: a constraint of the
    model, by shape, that the service does not hold requests to. Raises TypeError for an operation of two modules.
    """
    modules = list(modules)
    not_checked = {shape: name for module in modules for shape, name in getattr(module, "NOT_CHECKED", {}).items()}
    model = service_model_without(name, not_checked) if not_checked else service_model(name)
    wire_names = {xform_name(operation): operation for operation in model.operation_names}
    operations: dict[str, Operation] = {}
    table = dict(store_errors or {})
    for module in modules:
        if store_errors is None:
            table |= getattr(module, "STORE_ERRORS", {})
        for attribute, value in vars(module).items():
            if attribute not in wire_names or getattr(value, "__module__", None) != module.__name__:
                continue
            if wire_names[attribute] in operations:
                raise TypeError(f"{module.__name__} holds {attribute}, which another module of {name} holds already")
            operations[wire_names[attribute]] = value
    return Service(name, model, operations, table)
