"""Says what it was given, and in which stage."""

import os


def handler(event, context):
    for record in event.get("Records", []):
        print("worked on", record["body"])
    return {"statusCode": 200, "body": "said in " + os.environ["STAGE"]}
