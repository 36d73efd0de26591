cdef class InFlight:
    cdef public object policy
    cdef public dict inside
    cdef public bint hears_drops
    cdef public long long reason
