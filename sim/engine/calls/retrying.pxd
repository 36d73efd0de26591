cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame
from sim.engine.calls.step cimport CallStep
from sim.engine.clock.kernel cimport TimerQueue
from sim.policies.breaker cimport CircuitBreaker
from sim.policies.retry cimport Retry


cdef class RetryingCall(CallStep):
    cdef public TimerQueue timer_queue
    cdef public Retry retry
    cdef public CircuitBreaker breaker
    cdef public long long timeout_reason
    cdef public long long open_reason
    cdef public bint can_die
    cpdef start(self, frame)
    @cython.locals(now=double, breaker=CircuitBreaker, frame=Frame, attempt=Attempt)
    cpdef attempt(self, call)
    @cython.locals(outcome=int, now=double, left_at=double)
    cpdef receive(self, Attempt attempt)
    cpdef ended(self, attempt, int outcome)


cdef class Call:
    cdef public Frame frame
    cdef public long long tries
    cdef public Attempt current
    cdef public double wait_s
    cdef public bint over
