from sim.engine.clock.kernel cimport Kernel


cdef class DrawnTimers:
    cdef public Kernel kernel
    cdef public object draw
    cdef public object expire
