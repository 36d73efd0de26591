cdef class Hedge:
    cdef public object after_s
    cdef public object percentile
    cdef public long long most
    cdef public object needed
    cdef public object _latest
    cdef public list _sorted
    cpdef delay_s(self)
    cpdef took(self, double took_s)
