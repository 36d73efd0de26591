cdef class CoDel:
    cdef public double target_s
    cdef public double interval_s
    cdef public bint dropping
    cdef public long long count
    cdef public long long _last_count
    cdef public object _above_at
    cdef public double _drop_at
    cdef public bint _dropped
    cpdef bint keep(self, double now, double waited_s, bint empty)
    cpdef bint _stands(self, double now, double waited_s, bint empty)
    cpdef _begin(self, double now)
    cpdef double _next_drop(self, double after)


cdef class AdaptiveLifo:
    cdef public long long threshold
    cdef public double interval_s


cdef class ControlledDelay:
    cdef public double target_s
    cdef public double interval_s


cdef class PriorityShed:
    cdef public tuple thresholds
