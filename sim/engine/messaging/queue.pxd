cimport cython

from sim.engine.calls.attempt cimport Attempt
from sim.engine.clock.kernel cimport Kernel
from sim.engine.services.replica cimport Replica
from sim.policies.delivery cimport Message, VisibilityQueue


cdef class Envelope:
    cdef public long long number
    cdef public object request
    cdef public double published_at
    cdef public long long origin
    cdef public long long publisher
    cdef public object message


cdef class Queue:
    cdef public Kernel kernel
    cdef public object recorder
    cdef public object name
    cdef public double code
    cdef public long long component
    cdef public VisibilityQueue core
    cdef public object next_number
    cdef public Queue dead_letters
    cdef public double visibility_s
    cdef public list consumers
    cdef public dict deliver_by
    cdef public long long _turn
    cdef public double _instant
    cdef public dict _published
    cdef public int paused
    cdef public int down
    cdef public int refuses
    cdef public long long crashed
    cdef public long long visibility_reason
    cpdef deliver(self, Attempt attempt)
    cpdef publish(self, request, long long origin, long long publisher)
    cpdef dispatch_to(self, replica)
    cpdef settle(self, message, int outcome)
