"""Starts a workflow for each message, and is done: from then on the message's group is free for the next."""

import json
import os

import boto3

workflows = boto3.client("stepfunctions")


def handler(event, context):
    for record in event["Records"]:
        start = {"message_id": record["messageId"], "webhook": json.loads(record["body"])}
        try:
            # Named by the message: one that comes again starts nothing again.
            workflows.start_execution(
                stateMachineArn=os.environ["WORKFLOW"], name=record["messageId"], input=json.dumps([start])
            )
        except workflows.exceptions.ExecutionAlreadyExists:
            pass
