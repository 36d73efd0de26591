from sim.engine.calls.attempt cimport Attempt
from sim.engine.messaging.queue cimport Queue


cdef class BoundedQueue(Queue):
    cdef public object most
    cdef public bint blocks
    cdef public object outside
    cdef public long long full
    cdef public bint _letting_in
    cpdef deliver(self, Attempt attempt)
    cpdef dispatch_to(self, replica)
    cpdef settle(self, message, int outcome)
