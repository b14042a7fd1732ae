"""The order of the package's rooms, and its picture in `docs/architecture.md`, from the code."""

import re

from utils import ROOT
from utils.authoring import imports

# From the ground up; below all of them stand the modules beside the folders. A module imports from
# its own room and from rooms below it. So it is with the rooms of `checks` ("": its own modules).
FLOORS = "data", "training", "checks", "notebooks", "authoring", "grading", "bench", "command"
CHECKS = "remote", "", "reference", "labs", "hidden"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- house: begin -->", "<!-- house: end -->"


def modules():
    """Paths of the package's modules by name: "utils.data.glyphs"; "utils.data" is its __init__."""
    result = {}
    for path in sorted((ROOT / "utils").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        result[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return result


def graph():
    """Modules of the package that each of them imports anywhere in its code: dict of sets."""
    paths = modules()
    # `from a import b` names the package a, too: only where b is no module does it mean a.
    return {
        module: {
            name
            for name in imports.imports_of(path.read_text(), packages=False) & paths.keys()
            if name != module
        }
        for module, path in paths.items()
    }


def place_of(module):
    """(floor, room of `checks`) of a module, such as (0, 0) for one beside the folders."""
    rooms = module.split(".")[1:]
    if not rooms or rooms[0] not in FLOORS:
        return 0, 0
    inner = rooms[1] if rooms[0] == "checks" and len(rooms) > 1 and rooms[1] in CHECKS else ""
    return 1 + FLOORS.index(rooms[0]), CHECKS.index(inner)


def picture():
    """Which room uses which, as a Mermaid flowchart; ways that others show are left out."""
    names = ["utils", *FLOORS]
    uses = {name: set() for name in names}
    for module, others in graph().items():
        for other in others:
            room, below = names[place_of(module)[0]], names[place_of(other)[0]]
            uses[room] |= {below} - {room}

    def reached(room):
        return uses[room].union(*(reached(below) for below in uses[room]))

    lines = ["```mermaid", "flowchart BT"]
    for room in names:
        own = [module.split(".")[1] for module in modules() if module.count(".") == 1]
        title = ", ".join(n for n in own if n not in FLOORS) if room == "utils" else f"{room}/"
        lines.append(f'    {room}["{title}"]')
    for room in names:
        shown = {below for below in uses[room] if not any(below in reached(b) for b in uses[room])}
        lines += [f"    {below} --> {room}" for below in names if below in shown]
    return "\n".join([*lines, "```"])


def page():
    """The text of `docs/architecture.md` with the picture as the code has it."""
    text = PAGE.read_text()
    pattern = re.compile(f"{BEGIN}.*?{END}", re.S)
    return pattern.sub(lambda _: f"{BEGIN}\n{picture()}\n{END}", text)
