cdef class Retry:
    cdef public object max_attempts
    cdef public object backoff
    cdef public tuple on
