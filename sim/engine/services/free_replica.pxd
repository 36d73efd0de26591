cimport cython

from sim.engine.calls.attempt cimport Attempt, OperationFrame
from sim.engine.services.replica cimport Replica
from sim.record.rows cimport RowsOf4


cdef class FreeReplica(Replica):
    cdef public object ready
    cdef public long long limit
    cdef public long long in_flight
    cdef public dict held
    cdef public RowsOf4 rows
    cpdef enter(self, Attempt attempt)
    cpdef _begin(self, Attempt attempt)
    cpdef _hold(self, OperationFrame frame, double queued_at)
    cpdef suspend(self, OperationFrame frame)
    cpdef release(self, Attempt attempt)
    cpdef take_next(self)
    @cython.locals(attempt=Attempt, queued_at=double, first=Attempt)
    cpdef _take_first(self)
    cpdef wants_message(self)
    cpdef reserve(self)
    cpdef unreserve(self)
    cpdef take(self, Attempt attempt)
    cpdef begun(self)
