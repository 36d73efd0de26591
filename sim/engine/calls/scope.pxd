cdef class Scope:
    cdef public object only
    cdef public object of
