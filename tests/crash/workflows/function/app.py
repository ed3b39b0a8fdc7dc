"""What the tasks of a workflow call: it fails as often as the task is meant to be tried again."""


class Busy(Exception):
    pass


class Broken(Exception):
    pass


def handler(event, context):
    if event.get("fails", 0) > event["try"]:
        raise Busy(event["try"])
    if event.get("is_broken"):
        raise Broken("as always")
    return event.get("item", 0) * 2
