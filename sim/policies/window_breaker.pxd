from sim.policies.breaker cimport Breaker


cdef class WindowBreaker(Breaker):
    cdef public object failure_rate
    cdef public object slow_rate
    cdef public object slow_call_s
    cdef public object calls
    cdef public object window_s
    cdef public long long minimum_calls
    cdef public long long _judged_after
    cdef public object _window
    cdef public long long _total
    cdef public long long _failed
    cdef public long long _slow
    cpdef _slide(self, double now)
    cpdef _too_bad(self)
