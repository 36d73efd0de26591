cdef class Route:
    cdef public object send
    cdef public object deliver
    cdef public object begin
    cdef public object answer
    cdef public object settled
    cdef public bint counts


cdef class Continuation:
    cdef public object then
    cdef public object degraded
    cdef public object failed
