"""The exit statuses of the command line, as in README, "At the command line"."""

OK, CLAIM_FAILED, BAD_INPUT, CUT_OFF = 0, 1, 2, 3
INTERNAL = 70
"""An error of Pileup's own, or of the machine: EX_SOFTWARE of BSD's sysexits(3)."""
HUNG_UP, INTERRUPTED, READER_LEFT, TERMINATED = 129, 130, 141, 143
"""128 plus the signal's number, as in shells: HUP, INT, PIPE, TERM."""
