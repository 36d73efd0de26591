"""Ids of attempts for the compiled core; see ``sim.engine.clock.ids``."""

USUAL, MOST = 8 * 1024 * 1024, 64 * 1024 * 1024

try:
    from resource import RLIM_INFINITY, RLIMIT_STACK, getrlimit
except ImportError:  # Windows, whose main thread has 2 MB
    STACK = 2 * 1024 * 1024
else:
    soft, _ = getrlimit(RLIMIT_STACK)
    STACK = USUAL if soft == RLIM_INFINITY else min(soft, MOST)


cdef class Ids:
    """Counts, and looks at how much of the stack is used since it was made."""

    def __cinit__(self):
        cdef char here = 0
        self.top = &here
        self.most = STACK * 3 // 8

    def take(self):
        """Return the next id; raises RecursionError when three eighths of the stack are used."""
        cdef char here = 0
        cdef Py_ssize_t used = self.top - &here
        if used > self.most:
            raise RecursionError("calls that take no time are nested too deep")
        self.number += 1
        return self.number - 1


def attempt_ids():
    """Return a function that gives the next id."""
    return Ids().take
