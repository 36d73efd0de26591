cimport cython

from sim.engine.calls.attempt cimport Attempt
from sim.engine.calls.step cimport Step
from sim.engine.clock.kernel cimport Kernel
from sim.engine.services.replica cimport Replica


cdef class Service:
    cdef public Kernel kernel
    cdef public object name
    cdef public long long component
    cdef public list replicas
    cdef public object pool
    cdef public long long full
    cdef public long long waited_too_long
    cdef public long long crashed
    cdef public long long injected
    cdef public list work_steps
    cdef public dict slow_factors
    cdef public dict speed_factors
    cdef public dict error_injectors
    cdef public dict late_error_injectors
    cdef public list on_restart
    cdef public list on_crash
    cdef public list outages
    cdef public object rotation
    cdef public list on_pool_change
    cdef public object slow_starts
    cdef public object on_leave
    cdef public object processor_time
    cpdef reject(self, Attempt attempt, long long reason)
    @cython.locals(step=Step, replica=Replica)
    cpdef finish(self, Attempt attempt)
    cpdef fail(self, Attempt attempt, int outcome, long long reason)
    cpdef finish_replied(self, Attempt attempt)
    cpdef fail_replied(self, Attempt attempt, int outcome, long long reason)
    @cython.locals(replica=Replica)
    cpdef deliver_if_up(self, Attempt attempt)
