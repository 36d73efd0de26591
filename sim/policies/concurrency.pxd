cdef class Aimd:
    cdef public long long limit
    cdef public long long least
    cdef public long long most
    cdef public double backoff_ratio
    cdef public double timeout_s


cdef class Gradient:
    cdef public long long limit
    cdef public long long least
    cdef public long long most
    cdef public double smoothing
    cdef public double tolerance
    cdef public double queue
    cdef public double window
    cdef public double long_term_s
    cdef public double _estimate
    cdef public long long _warm
    cdef public double _sum_s
    cpdef double _learn(self, double took_s)
