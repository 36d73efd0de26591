"""The exit statuses of the command line: README, "At the command line", says the same."""

OK, CLAIM_FAILED, BAD_INPUT, CUT_OFF = 0, 1, 2, 3
INTERNAL = 70
"""An error of Pileup's own, or of the machine: EX_SOFTWARE of BSD's sysexits(3)."""
HUNG_UP, INTERRUPTED, READER_LEFT, TERMINATED = 129, 130, 141, 143
"""128 and the signal's number, as shells have it: HUP, INT, PIPE, TERM."""
