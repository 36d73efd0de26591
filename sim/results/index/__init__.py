"""The index of a record: columns and groups of rows, windows, intervals, occupancy and states of breakers."""
