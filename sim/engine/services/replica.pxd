cimport cython

from sim.engine.calls.attempt cimport Attempt, Place
from sim.engine.clock.kernel cimport Kernel


cdef class Replica(Place):
    cdef public Kernel kernel
    cdef public object service
    cdef public bint holds_workers
    cdef public long long workers
    cdef public object wait_timer
    cdef public long long reserved
    cdef public int frozen
    cdef public int down
    cdef public int refuses
    cdef public dict in_progress
    cdef public list deferred
    cdef public object admission
    cdef public object deliver
    cdef public object join_line
    cdef public object next_in_line
    cdef public object processor
    @cython.locals(now=double)
    cpdef enter(self, Attempt attempt)
    cpdef join_the_end(self, Attempt attempt)
    @cython.locals(attempt=Attempt)
    cpdef leave_the_front(self)
    @cython.locals(following=Attempt)
    cpdef release(self, Attempt attempt)
    @cython.locals(attempt=Attempt)
    cpdef take_next(self)
    cpdef take_message(self)
    cpdef wants_message(self)
    cpdef has_room(self)
    cpdef reserve(self)
    cpdef unreserve(self)
    cpdef take(self, Attempt attempt)
    cpdef begun(self)
