"""Cognito Sync: each identity's datasets of records, the same on all its devices.

    records          ListRecords, UpdateRecords
    datasets         datasets listed, described, deleted
    pools            which function is told of changes, configuration
    usage            how much identities and pools keep
    flows/           access (whose data it is), sync_sessions, sync_trigger, changes
    rules/           patches: conflicts and limits

Streams to Kinesis, bulk publishing and push notifications to devices are not built: said by name.
"""
