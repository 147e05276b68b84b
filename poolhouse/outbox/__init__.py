"""Every mail and SMS that AWS would have sent: kept, found, read.

Nothing leaves the machine. `mailbox.deliver` is what services call; `mailbox.find` serves the command line and
`GET /_poolhouse/outbox`. The outbox shows codes and temporary passwords in clear: it is the only place that does, and
it is loopback only.
"""
