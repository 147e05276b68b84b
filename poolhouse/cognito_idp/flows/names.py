"""The names a user signs in by besides the stored one: e-mail, phone number, preferred user name.

Where e-mail or phone number are the pool's user names, they hold from the moment the user has them; as aliases they
hold when verified. A preferred user name holds at once. Each belongs to one user of its pool at a time.
"""

from msgspec.structs import replace

from poolhouse.cognito_idp.entities import SignInName, User, UserPool
from poolhouse.cognito_idp.errors import AliasExistsException
from poolhouse.store import Tx


def claim(tx: Tx, pool: UserPool, user: User, *, force: bool = False) -> None:
    """Make the user's sign-in names what their attributes say, inside a write block.

    Raises AliasExistsException for a name that is another's; with `force` it moves, and its owner becomes unverified.
    """
    held = {name.name for name in tx.sign_in_names.list(pool_id=pool.id, username=user.username)}
    entitled = entitled_names(pool, user)
    for name in held - entitled.keys():
        tx.sign_in_names.remove(pool_id=pool.id, name=name)
    for name, attribute in entitled.items():
        if name not in held:
            _take(tx, pool, user, name, attribute, force=force)


def entitled_names(pool: UserPool, user: User) -> dict[str, str]:
    """The folded names this user may sign in by, each with the attribute it comes from."""
    entitled = {}
    for attribute in (*pool.username_attributes, *pool.alias_attributes):
        value = user.attributes.get(attribute)
        if value and (attribute in pool.username_attributes or _is_active_alias(user, attribute)):
            entitled[pool.folded(value)] = attribute
    return entitled


def _is_active_alias(user: User, attribute: str) -> bool:
    if attribute == "preferred_username":
        return True
    return user.attributes.get(f"{attribute}_verified") == "true"


def _take(tx: Tx, pool: UserPool, user: User, name: str, attribute: str, *, force: bool) -> None:
    namesake = tx.users.find(pool_id=pool.id, username=name)
    if namesake is not None and namesake.username != user.username:
        raise AliasExistsException("User account already exists for the alias.")
    owner = tx.sign_in_names.find(pool_id=pool.id, name=name)
    if owner is not None and owner.username != user.username:
        if not force or attribute == "preferred_username":
            raise AliasExistsException(f"An account with the {attribute} already exists.")
        _unverify(tx, pool, owner)
    tx.sign_in_names.put(SignInName(pool.id, name, attribute, user.username))


def _unverify(tx: Tx, pool: UserPool, owner: SignInName) -> None:
    previous = tx.users.find(pool_id=pool.id, username=owner.username)
    if previous is not None:
        attributes = {**previous.attributes, f"{owner.attribute}_verified": "false"}
        tx.users.put(replace(previous, attributes=attributes))
