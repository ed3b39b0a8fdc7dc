"""Says who may pass, what it was told of who passed, and writes down what it hears."""

import json
import os


def gate(event, context):
    """Asked by an HTTP API."""
    sent = event["identitySource"][0]
    if sent == "nonsense":
        raise Exception("Unauthorized")
    return {"isAuthorized": sent == "secret", "context": {"who": "jane"}}


def token(event, context):
    """Asked by a REST API."""
    effect = "Allow" if event["authorizationToken"] == "secret" else "Deny"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "jane", "policyDocument": policy, "context": {"n": 7}}


def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}


def hear(event, context):
    """Whoever reads the file finds it whole."""
    part = os.path.join(os.environ["LOG"], "part-" + context.aws_request_id)
    with open(part, "w") as log:
        json.dump(event, log)
    os.rename(part, os.path.join(os.environ["LOG"], "heard-" + context.aws_request_id))
