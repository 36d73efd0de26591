from sim.engine.clock.kernel cimport Kernel


cdef class Store:
    cdef public dict versions
    cdef public dict seen


cdef class Read:
    cdef public Store store
    cdef public object then


cdef class Write:
    cdef public Kernel kernel
    cdef public Store store
    cdef public bint compares
    cdef public object mark
    cdef public double component
    cdef public long long reason
    cdef public object then
    cdef public object failed
