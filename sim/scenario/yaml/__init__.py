"""YAML with places: text to a tree of values that know where they were written, and edits in place."""
