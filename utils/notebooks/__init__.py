"""Executing notebooks, each watched and bounded."""
