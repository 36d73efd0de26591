from sim.engine.calls.attempt cimport Attempt
from sim.engine.clock.kernel cimport TimerEntry


cdef class QueueTimer(TimerEntry):
    cdef public Attempt attempt
