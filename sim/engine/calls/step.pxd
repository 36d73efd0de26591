from sim.engine.calls.route cimport Continuation, Route
from sim.engine.clock.kernel cimport Kernel
from sim.record.rows cimport RowsOf14


cdef class Step:
    cdef public Kernel kernel
    cdef public object next_id
    cdef public dict open
    cdef public RowsOf14 rows
    cdef public double code
    cdef public Route route
    cdef public bint answers_first
    cdef public bint chooses_replicas
    cdef public bint drops_abandoned


cdef class CallStep(Step):
    cdef public Continuation after
