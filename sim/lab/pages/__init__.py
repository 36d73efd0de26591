"""The pages of the lab, one module each: its name is the last part of its address, and ``page()`` draws it."""
