"""Drivers: the few ways in which a check uses models and training steps instead of functions.

A driver runs beside the answer. It takes the answer and plain data, does with them what a lab
would do, and returns plain data only, so that it can run in another process than the check.
"""

from utils.checks.remote import functions, networks, pictures, pretexts, training

DRIVERS = {}
for module in (functions, networks, pictures, pretexts, training):
    DRIVERS |= module.DRIVERS
