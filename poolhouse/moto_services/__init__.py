"""DynamoDB, KMS and IAM's own records: moto, in process, behind the signature check every AWS call passes.

Owns: calling moto's handlers without a server or patched clients, and keeping what they hold. moto lives in memory;
here a change is written through to the store before it is acknowledged, and put back when that fails:

    services    which service a request is for; loads moto at first use
    handlers    one request to one moto handler, as plain values
    dynamodb    tables and items: what a request touched, kept item by item
    iam         roles, policies, users and groups: kept whole after each change
    kms         keys: kept whole after each change, their material sealed
    tables      moto's tables, noting what is touched; items to and from JSON
    snapshot    moto's objects as JSON and back, for a closed list of classes
    checks      malformed requests, which moto would trip over

Leaves signatures and policy to `wire`, and every other AWS service to the answer "not implemented yet".
Importing this package is cheap: moto is imported when a request first needs it, or by `warm`.
"""

from poolhouse.moto_services.services import MotoServices

__all__ = ["MotoServices"]
