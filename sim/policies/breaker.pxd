cdef class Breaker:
    cdef public double open_for_s
    cdef public long long probes
    cdef public int state
    cdef public long long generation
    cdef public object _on_change
    cdef public double _probe_at
    cdef public long long _probing
    cpdef bint admit(self, double now)
    cpdef long long pass_by(self, double now)
    cpdef record(self, long long generation, bint ok, double now, double took_s=*)
    cpdef release(self, long long generation)
    cpdef _forget(self)
    cpdef _enter(self, int state, double now)


cdef class CircuitBreaker(Breaker):
    cdef public long long failures
    cdef public long long _count
