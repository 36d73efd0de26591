"""The fields that a scenario may hold: models, values with units, and their words on pictures."""
