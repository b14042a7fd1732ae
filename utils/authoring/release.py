"""The students' bundle: everything that a student needs, nothing that gives an answer away."""

import shutil
from pathlib import Path

# What goes along. Sources, solutions, tests and hidden checks have no line here.
PARTS = (
    "course",
    "LICENSE",
    "NOTICE",
    "pyproject.toml",
    "requirements.txt",
    "requirements-gpu.txt",
    "environment.yml",
    "notebooks/*.ipynb",
    "labs/*.ipynb",
    "docs/figures/*.png",
    "docs/students.md",
    "utils/*.py",
    "utils/checks/*.py",
    "utils/checks/*.toml",
    "utils/checks/labs/*.toml",
    *(f"utils/{room}/*.py" for room in ("data", "training", "notebooks", "command")),
    *(f"utils/checks/{room}/*.py" for room in ("labs", "reference", "remote")),
)
README = "docs/students.md"  # is the bundle's README.md as well


def release(root, target):
    """Copy the bundle into `target`.

    Returns:
        list of the paths written, relative to `target`.

    Raises:
        OSError: the folder can't be written; what was copied is removed again.
    """
    target = Path(target)
    existed = target.exists()
    files = [path for part in PARTS for path in sorted(root.glob(part))]
    try:
        for path in files:
            place = target / path.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
        shutil.copy2(root / README, target / "README.md")
    except OSError:
        for child in target.iterdir() if target.exists() else ():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        if target.exists() and not existed:
            target.rmdir()
        raise
    return sorted(path.relative_to(target) for path in target.rglob("*") if path.is_file())
