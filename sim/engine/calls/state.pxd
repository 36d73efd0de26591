cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame


cdef class PipelineAttempt(Attempt):
    cdef public double due_at
    cdef public object tokens
    cdef public object retry_after


cdef class CacheScope:
    cdef public object cache
    cdef public dict fetching


@cython.freelist(32)
cdef class LogicalCall:
    cdef public object step
    cdef public Frame frame
    cdef public object request
    cdef public list sequences
    cdef public long long tries
    cdef public long long hedges
    cdef public int outcome
    cdef public bint over
    cdef public CacheScope cache_scope
    cdef public object key


@cython.freelist(32)
cdef class AttemptSequence:
    cdef public object step
    cdef public LogicalCall logical_call
    cdef public Frame frame
    cdef public long long tries
    cdef public double wait_s
    cdef public PipelineAttempt current
    cdef public bint over
    cdef public object tokens
    cdef public object replica
    cdef public bint timed_out
    cdef public object budget
    cdef public object held
    cdef public double begun_at
    cdef public long long obeyed
