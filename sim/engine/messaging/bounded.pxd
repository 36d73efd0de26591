from sim.engine.messaging.queue cimport Queue


cdef class BoundedQueue(Queue):
    cdef public object most
    cdef public bint blocks
    cdef public object outside
    cdef public long long component
    cdef public long long full
    cdef public bint _letting_in
