"""The shared package of the course: what a notebook imports stands here, the rest in rooms.

Floors, from the ground up; a module imports from its own floor and from those below, never from
above: the modules beside this file, `data`, `training`, `checks`, `notebooks` (executing them),
`authoring` (making them), `grading`, `bench`, `command`.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # of the course, or of a students' bundle
