"""Tells the number that it was given; every seventh fails, each time that it is tried."""


def handler(event, context):
    number = event["number"]
    if number % 7 == 0:
        raise ValueError(number)
    return number
