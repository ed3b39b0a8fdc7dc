"""What is invoked by published SDKs and tools."""


def adds(event, context):
    print("adding for", context.aws_request_id)
    return {"sum": event["a"] + event["b"]}
