"""Systems Manager's parameter store: the parameters, and which key of KMS each is under."""

import msgspec

from poolhouse.moto_services.whole import Whole
from poolhouse.web import Request, Response

_SECURE = "SecureString"


class ParameterStore(Whole):
    """The parameters of one account in one region."""

    def keys(self, named: str) -> dict[str, list[str]]:
        """The keys of a SecureString's versions, oldest first; of all below a path that ends with a slash; by name."""
        with self._lock:
            held = dict.items(self._backend._parameters)
            if named.endswith("/"):
                found = {name: versions for name, versions in held if f"/{name.lstrip('/')}".startswith(named)}
            else:
                found = {name: versions for name, versions in held if name.lstrip("/") == named.lstrip("/")}
            keys = {
                name: [one.keyid for one in versions if one.parameter_type == _SECURE]
                for name, versions in found.items()
            }
        return {name: of for name, of in keys.items() if of}

    def _answer(self, operation: str, request: Request) -> Response:
        """As moto, but for the text of a SecureString: it shows that, too, where decryption was not asked for."""
        response = super()._answer(operation, request)
        if (
            operation == "GetParameter"
            and b'"ParameterNotFound"' in response.body
            and b"referencing" not in response.body
        ):
            return Response(response.status, b'{"__type":"ParameterNotFound"}', response.headers)  # AWS says no more
        if not operation.startswith("GetParameter") or msgspec.json.decode(request.body).get("WithDecryption"):
            return response
        told = msgspec.json.decode(response.body)
        one = [told["Parameter"]] if "Parameter" in told else []
        for parameter in told.get("Parameters", one):
            if parameter.get("Type") == _SECURE:
                parameter["Value"] = self._store.sealer.seal(parameter["Value"].encode(), self._scope)
        return Response(response.status, msgspec.json.encode(told), response.headers)
