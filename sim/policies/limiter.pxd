cdef class TokenBucket:
    cdef public double rate
    cdef public double burst
    cdef public double _full_at
    cdef public object _taken
    cpdef bint admit(self, double now)
    cpdef double wait_s(self, double now)
    cpdef reserve(self, double now)
