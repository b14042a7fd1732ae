"""Grading a folder: each submission once, by workers side by side, and taken up after a stop.

What is written, all of it under the folder of results:

    grading.json            lab, seed and jail; a second call must have the same
    records/NAME.json       what the judge found, one file for each student, written whole or not
    grades.csv              for Canvas and Moodle
    students/NAME/results.json, feedback.html     one folder for each student
    summary.html            the class: shares, commonest mistakes

NAME is the student's name made safe for file systems.
"""

import hashlib
import json
import os
import re
import unicodedata
from pathlib import Path


def safe_name(student):
    """A file name for a student's name: letters, digits, dots and dashes, different for each."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", plain).strip("._")[:60]
    # What was changed could now be equal: a part of the hash keeps names apart.
    mark = hashlib.sha256(student.encode(errors="surrogateescape")).hexdigest()[:8]
    return plain if plain == student and plain else f"{plain or 'student'}-{mark}"


def write_whole(path, text):
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)


def as_json(value):
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def records_in(out):
    """The records of a folder of results, in the order of the students' names."""
    found = [json.loads(path.read_text()) for path in sorted(Path(out, "records").glob("*.json"))]
    return sorted(found, key=lambda record: record["student"])
