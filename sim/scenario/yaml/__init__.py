"""Text and models: YAML with places, merge patches, variants and toggles, and errors that name their place."""
