"""YAML with places: text to a tree of values with their file, line and column, and edits in place."""
