cimport cython

from sim.engine.calls.scope cimport Scope
from sim.engine.calls.state cimport AttemptSequence
from sim.engine.clock.kernel cimport Kernel, TimerEntry, TimerQueue
from sim.policies.breaker cimport Breaker
from sim.policies.limiter cimport TokenBucket
from sim.policies.throttle cimport AdaptiveThrottle


cdef class Strategy:
    cdef public object only
    cdef public object of
    cdef public long long reason
    cpdef acquire(self, AttemptSequence sequence, double now)
    cpdef release(self, token, int outcome, double took_s, double now)
    cpdef cancel(self, token)


cdef class BreakerStrategy(Strategy):
    cdef public bint retries_only
    @cython.locals(breaker=Breaker)
    cpdef acquire(self, AttemptSequence sequence, double now)
    @cython.locals(breaker=Breaker)
    cpdef release(self, token, int outcome, double took_s, double now)


cdef class ReplicaBreakerStrategy(BreakerStrategy):
    cdef public object choose
    cdef public object replicas
    cdef public dict breakers


cdef class AdmissionStrategy(Strategy):
    pass


cdef class ThrottleStrategy(Strategy):
    @cython.locals(throttle=AdaptiveThrottle)
    cpdef acquire(self, AttemptSequence sequence, double now)


cdef class RateLimitStrategy(Strategy):
    cdef public Kernel kernel
    cdef public bint waits
    cdef public double most_s
    cdef public long long index
    @cython.locals(bucket=TokenBucket, wait_s=double)
    cpdef acquire(self, AttemptSequence sequence, double now)


cdef class BulkheadPlaces:
    cdef public long long free
    cdef public object line


cdef class BulkheadWaiter(TimerEntry):
    cdef public AttemptSequence sequence
    cdef public BulkheadPlaces places
    cdef public long long index


cdef class BulkheadStrategy(Strategy):
    cdef public Kernel kernel
    cdef public double most_waiting
    cdef public TimerQueue timer_queue
    cdef public long long index
    @cython.locals(places=BulkheadPlaces)
    cpdef acquire(self, AttemptSequence sequence, double now)
