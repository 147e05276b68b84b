"""Cognito Sync: each identity's datasets of records, the same on all its devices.

    records          ListRecords, UpdateRecords
    datasets         datasets listed, described, deleted
    pools            which function is told of changes, configuration
    bulk_publish     all datasets of a pool told to its stream at once
    devices          who is notified of changes
    usage            how much identities and pools keep
    flows/           access (whose data it is), sync_sessions, sync_trigger, changes, streams (Kinesis is told), push
    rules/           patches: conflicts and limits

Notifications to devices go by platform applications of SNS, which end in the outbox.
"""
