"""The shared package of the course, a room a module."""
