"""SES: mails, which land in the outbox, and who they may come from.

    v1, v2      the operations of the two APIs: 2010-12-01 and 2019-09-27
    identities  the addresses and domains that are verified, which here they are when they are made
    mails       the one way a mail is checked and sent

Templates, configuration sets and receipt are not built.
https://docs.aws.amazon.com/ses/latest/APIReference/ and https://docs.aws.amazon.com/ses/latest/APIReference-V2/
"""
