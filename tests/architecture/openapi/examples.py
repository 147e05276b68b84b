"""An example of each model that travels over the API, by the model's name; a test reads them with the models."""

from typing import Any

AT = "2026-03-01T09:30:00.000Z"
SUBJECT = "64684428-c021-7049-51b0-d218e66ffecd"
IDENTITY = "us-east-1:1b7a1f4e-6f0e-4c52-9d3b-0f5f2b1c9a77"
TRANSACTION = {
    "amount": -1250,
    "currency": "EUR",
    "description": "Two tickets",
    "id": "txn_019caa3a28d07c0f5e0b7d4f1a2b3c4d",
    "created_at": AT,
}
TITLE = {"id": "roads", "name": "Roads", "plan": "free", "minutes": 52}
USER = {
    "username": SUBJECT,
    "subject": SUBJECT,
    "email": "ann@example.com",
    "email_verified": True,
    "name": "Ann Lee",
    "status": "CONFIRMED",
    "enabled": True,
    "created_at": AT,
    "groups": ["free"],
}
DEVICE = {
    "key": "us-east-1_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "name": "Firefox on Linux",
    "last_ip": "192.0.2.7",
    "created_at": AT,
    "last_signed_in_at": AT,
}
NOTE = {"text": "Milk", "id": "shopping", "version": 3, "updated_at": AT}
RECORD = {"key": "theme", "value": "dark", "sync_count": 4, "modified_at": AT}
FILE = {
    "name": "holiday.jpg",
    "size": 48213,
    "modified_at": AT,
    "thumbnail": {"status": "refused", "reason": "wrong_type", "url": None},
}

EXAMPLES: dict[str, Any] = {
    "NewTransaction": {"amount": -1250, "currency": "EUR", "description": "Two tickets"},
    "Transaction": TRANSACTION,
    "TransactionPage": {"items": [TRANSACTION], "next": None},
    "PlanChange": {"plan": "premium"},
    "TitlePage": {"items": [TITLE], "next": "cm9hZHM"},
    "Stream": {
        "url": "https://media.s3.us-east-1.amazonaws.com/titles/free/roads?X-Amz-Signature=...",
        "expires_at": AT,
    },
    "User": USER,
    "UserPage": {"items": [{**USER, "groups": None}], "next": None},
    "DevicePage": {"items": [DEVICE], "next": None},
    "ProfileChange": {"name": "Ann Lee", "locale": "de-AT", "zoneinfo": None},
    "NewNote": {"text": "Milk"},
    "Note": NOTE,
    "NotePage": {"items": [NOTE], "next": None},
    "NewFile": {"name": "holiday.jpg", "type": "image/jpeg"},
    "Upload": {
        "url": "https://uploads.s3.us-east-1.amazonaws.com/",
        "fields": {"key": f"private/{IDENTITY}/holiday.jpg", "Content-Type": "image/jpeg", "policy": "eyJl..."},
        "max_bytes": 5_242_880,
        "expires_at": AT,
    },
    "FilePage": {"items": [FILE], "next": None},
    "Download": {**FILE, "url": "https://uploads.s3.us-east-1.amazonaws.com/private/...", "expires_at": AT},
    "Patches": {"patches": [{"op": "replace", "key": "theme", "value": "dark", "sync_count": 0}]},
    "Dataset": {"name": "settings", "sync_count": 4, "whole": False, "records": [RECORD]},
    "DatasetList": {
        "items": [{"name": "settings", "sync_count": 4, "records": 1, "bytes": 15, "modified_at": AT}],
    },
    "Caller": {"kind": "identity", "subject": IDENTITY, "username": None, "user": SUBJECT},
    "Greeting": {"message": f"Hello, {IDENTITY}."},
    "Profile": {
        "subject": SUBJECT,
        "username": SUBJECT,
        "email": "ann@example.com",
        "email_verified": True,
        "name": "Ann Lee",
        "given_name": None,
        "family_name": None,
        "locale": "de-AT",
        "zoneinfo": None,
        "groups": ["free"],
        "scopes": [],
        "token_use": "id",
        "client_id": "7r6asark7md3ikibfdd0i8fb4t",
        "signed_in_at": AT,
    },
}
