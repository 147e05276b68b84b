"""Systems Manager's parameter store: parameters by name or path, and the key that each is under.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
"""

from poolhouse.requests import secretsmanager
from poolhouse.requests.asked import Asked, Params, Scope, tag_keys

_READS = frozenset({"GetParameter", "GetParameterHistory", "GetParameters"})
_OF_SECRETS = "/aws/reference/secretsmanager/"
_OWN_KEY = "alias/aws/ssm"
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-securestring.html
_NO_KEY = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
    "or you are not allowed to access."
)


def asked(operation: str, params: Params, scope: Scope) -> list[Asked]:
    """The operation, on each parameter it names, and what it needs of a customer's key."""
    action = f"ssm:{operation}"
    keys: dict[str, str | list[str]] = dict(tag_keys(params.get("Tags")))
    for name in ("Overwrite", "Recursive"):
        if name in params:
            keys[f"ssm:{name}"] = str(bool(params[name])).lower()
    if operation == "DescribeParameters":
        return [Asked(action, scope.arn("ssm", "*"), keys)]
    if "Path" in params:
        path = str(params["Path"])
        return [Asked(action, _arn(path, scope), keys), *_opened_below(path, params, scope)]
    names = [str(name) for name in params.get("Names") or (params.get("Name") or params.get("ResourceId") or "",)]
    found = [Asked(action, _arn(name, scope), keys) for name in names]
    if operation == "PutParameter":
        return found + _written(names[0], params, scope)
    if operation in _READS:
        is_history = operation == "GetParameterHistory"
        return found + [asked for name in names for asked in _opened(name, params, scope, is_history=is_history)]
    return found


def _written(name: str, params: Params, scope: Scope) -> list[Asked]:
    given = str(params.get("KeyId") or "")
    held = scope.parameter_keys(_plain(name)).values()
    is_secure = params.get("Type") == "SecureString" or (params.get("Type") is None and held)
    key = given or next((keys[-1] for keys in held), "")
    return _of_key("kms:Encrypt", key, name, scope) if is_secure else []


def _opened(name: str, params: Params, scope: Scope, *, is_history: bool) -> list[Asked]:
    if name.startswith(_OF_SECRETS):  # a secret by another door
        return secretsmanager.asked("GetSecretValue", {"SecretId": _plain(name.removeprefix(_OF_SECRETS))}, scope)
    if not params.get("WithDecryption"):
        return []
    keys = [key for found in scope.parameter_keys(_plain(name)).values() for key in found]
    is_latest = not is_history and ":" not in name.rpartition("/")[2]
    return [one for key in dict.fromkeys(keys[-1:] if is_latest else keys) for one in _decrypt(key, name, scope)]


def _opened_below(path: str, params: Params, scope: Scope) -> list[Asked]:
    if not params.get("WithDecryption"):
        return []
    top = path.rstrip("/") + "/"
    below = {name: keys[-1] for name, keys in scope.parameter_keys(top).items()}
    shown = {name: key for name, key in below.items() if params.get("Recursive") or "/" not in name[len(top) :]}
    return [one for name, key in shown.items() for one in _decrypt(key, name, scope)]


def _decrypt(key: str, name: str, scope: Scope) -> list[Asked]:
    return _of_key("kms:Decrypt", key, name, scope)


def _of_key(action: str, key: str, name: str, scope: Scope) -> list[Asked]:
    if key in ("", _OWN_KEY, scope.arn("kms", _OWN_KEY)):
        return []
    keys = {**scope.via("ssm"), "kms:EncryptionContext:PARAMETER_ARN": _arn(name, scope)}
    return [Asked(action, scope.kms_key(key, ""), keys, refusal=_NO_KEY)]


def _arn(name: str, scope: Scope) -> str:
    return scope.arn("ssm", f"parameter/{_plain(name).removeprefix('/')}")


def _plain(name: str) -> str:
    """A parameter's name without its ARN, version or label."""
    if name.startswith("arn:"):
        name = "/" + name.partition(":parameter/")[2]
    return name.partition(":")[0]
