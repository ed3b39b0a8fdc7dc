"""Shapes of a published service model, in the words of the descriptions under `docs/compat`."""


def described(shapes, name):
    """A shape of the model in the words of the description."""
    shape = shapes[name]
    match shape["type"]:
        case "structure":
            members = shape["members"].items()
            return {"structure": {member: described(shapes, inner["shape"]) for member, inner in members}}
        case "list":
            return {"list": described(shapes, shape["member"]["shape"])}
        case "map":
            return {"map": described(shapes, shape["value"]["shape"])}
        case "long":
            return "integer"
        case kind:
            return kind


def flat(shape, path):
    """Every member that a shape is made of, with what it is."""
    if isinstance(shape, str):
        return {path: shape}
    [(kind, inner)] = shape.items()
    if kind != "structure":
        return {path: kind} | flat(inner, (*path, kind))
    members = {}
    for name, member in inner.items():
        members |= flat(member, (*path, name))
    return members
