cdef class Ids:
    cdef long long number
    cdef char* top
    cdef Py_ssize_t most
