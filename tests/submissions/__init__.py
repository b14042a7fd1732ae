"""Submissions that are faulty, and submissions that attack, and what their grading rests on."""

INPUTS = [
    "*/lab1_identity_838.ipynb",
    "*/lab3_vae.ipynb",
    "tests/cases/*.py",
    "utils/checks/*/lab1_identity_838.py",
    "utils/checks/*/lab3_vae.py",
    "utils/grading/**/*",
]  # see tests/keys.py
