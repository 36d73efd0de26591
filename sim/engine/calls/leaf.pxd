cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame, Place
from sim.engine.calls.plain cimport PlainCall
from sim.record.rows cimport RowsOf6


cdef class Leaf(Attempt):
    cpdef complete(self)


cdef class LeafCall(PlainCall):
    cdef public list heap
    cdef public object next_event
    cdef public Place replica
    cdef public object work
    cdef public tuple done
    cdef public RowsOf6 leaf_rows
    cdef public list spare
    @cython.locals(now=double, attempt=Leaf, replica=Place)
    cpdef start(self, Frame frame)
    cpdef work_on(self, Attempt attempt)
    @cython.locals(now=double, replica=Place, following=Leaf, step=LeafCall, frame=Frame)
    cpdef finished(self, Attempt attempt)
