cimport cython


cdef class Cached:
    cdef public object value
    cdef public double put_at


cdef class Cache:
    cdef public object entries
    cdef public double expire_after_s
    cdef public object _kept
