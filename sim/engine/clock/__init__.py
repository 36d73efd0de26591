"""Time and chance: the event heap, timers, random streams, and acts at the edges of a window."""
