"""Making the course: notebooks from their sources, the spread of what they store, bundles."""
