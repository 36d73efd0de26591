cimport cython


cdef class AdaptiveThrottle:
    cdef public double k
    cdef public double window_s
    cdef public object uniform
    cdef public long long minimum
    cdef public double _step_s
    cdef public object _steps
    cdef public long long _number
    cdef public long long _requests
    cdef public long long _accepts
    @cython.locals(step=list, requests="long long", unaccepted=double)
    cpdef bint admit(self, double now)
    cpdef accepted(self, double now)
    @cython.locals(number="long long")
    cpdef list _step(self, double now)
