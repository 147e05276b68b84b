"""From a SAM or CloudFormation template to what it declares, made by the operations a client would call.

    load          the one entrance: a file and its parameters to a checked `Template`
    read          YAML and JSON with a line for every value, so that every complaint names its place
    parameters    what was given, held against what the template declares
    translate     SAM to CloudFormation by aws-sam-translator, offline, kept until something it depends on changes
    document      the template as a value: resources in the order they can be made, values to be resolved
    intrinsics    Ref, Fn::GetAtt, Fn::Sub and their kin
    resources/    one file per family of resource types: how each is made, changed and deleted
    deploy        what is to be done, done in order, undone when it fails

Leaves to the operations every rule of the service a resource belongs to.
"""
