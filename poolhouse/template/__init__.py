"""From a SAM or CloudFormation template to what it declares, made by the operations a client would call.

    load          the one entrance: a file and its parameters to a checked `Template`
    read          YAML and JSON with a line for every value, so that every complaint names its place
    check         what is wrong in the file itself
    samconfig     the stack's name and parameters in the samconfig.toml beside it
    parameters    what was given, held against what the template declares
    translate     SAM to CloudFormation by aws-sam-translator, offline, kept until something it depends on changes
    conditions, intrinsics    what holds; Ref, Fn::GetAtt, Fn::Sub and their kin, rehearsed before anything is made
    graph         who names whom, and the order in which resources can be made
    document      the template as a value: its resources in that order, values to be resolved
    resources/    one file per family of resource types: how each is made, changed and deleted
    schema        CloudFormation's own schemas of these types, and values held against them
    rehearsal     what only the types can tell is wrong, found before anything is made
    deploy        the entrance to deploying: checks, then a `Deployment`, then what the person is told
    deployment    what is done about each resource, in order, and undone when it fails
    ledger        what each resource became, written the moment it is true
    summary       a stack in lines for the person who started it

Leaves to the operations every rule of the service a resource belongs to.
"""
