"""The picture of a system as values: boxes and arrows, and where they are put. Figures and the replay draw them."""
