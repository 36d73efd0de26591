cimport cython

from sim.engine.calls.attempt cimport Attempt
from sim.engine.clock.kernel cimport Kernel
from sim.engine.services.replica cimport Replica


cdef class AdmissionControl:
    cdef public Replica replica
    cdef public Kernel kernel
    cdef public object put_rules
    cdef public object tokens
    cdef public list at_entry
    cdef public list to_join
    cdef public list to_begin
    cdef public object newest_first
    cdef public object rank
    cdef public object wait_timer
    cdef public double empty_at
    cdef public object in_flight
    cpdef deliver(self, Attempt attempt)
    @cython.locals(replica=Replica, now=double)
    cpdef enter(self, Attempt attempt)
    @cython.locals(replica=Replica, now=double)
    cpdef join(self, Attempt attempt)
    @cython.locals(replica=Replica, now=double, attempt=Attempt)
    cpdef next_in_line(self)
