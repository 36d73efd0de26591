cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame
from sim.engine.calls.caching cimport LinkCache, OperationCache
from sim.engine.calls.hedging cimport HedgeTimers
from sim.engine.calls.retrying cimport RetryingCall
from sim.engine.calls.scope cimport Scope
from sim.engine.calls.state cimport AttemptSequence, LogicalCall, PipelineAttempt
from sim.engine.calls.strategies cimport Strategy
from sim.policies.hedge cimport Hedge


cdef class Pipeline:
    cdef public tuple strategies
    cdef public Scope budget
    cdef public object retry_limits
    cdef public object total_timeout_s
    cdef public bint holds_retries
    cdef public bint pays_for_hedges
    cdef public Hedge hedge
    cdef public object fallback
    cdef public LinkCache link_cache
    cdef public bint propagates
    cdef public object on_abandon
    cdef public bint accepts_late
    cdef public object connecting
    cdef public object mark


cdef class PipelineCall(RetryingCall):
    cdef public Pipeline pipeline
    cdef public tuple strategies
    cdef public list learners
    cdef public bint counts_refusals
    cdef public double timeout_s
    cdef public long long deadline_reason
    cdef public long long late_reason
    cdef public long long unneeded_reason
    cdef public OperationCache operation_cache
    cdef public dict known
    cdef public Hedge hedge
    cdef public HedgeTimers hedge_timers
    @cython.locals(sequence=AttemptSequence, scope=Scope, hedge=Hedge)
    cpdef start_sequence(self, LogicalCall logical_call)
    @cython.locals(sequence=AttemptSequence)
    cpdef _close(self, LogicalCall logical_call)
    cpdef succeed(self, LogicalCall logical_call, int outcome)
    cpdef fail(self, LogicalCall logical_call, int outcome, long long reason)
    cpdef attempt(self, sequence)
    cpdef _is_late(self, AttemptSequence sequence)
    @cython.locals(now=double, strategy=Strategy, tokens=list)
    cpdef _acquire_all(self, AttemptSequence sequence, strategies)
    @cython.locals(logical_call=LogicalCall)
    cpdef stop(self, AttemptSequence sequence, long long reason)
    cpdef _cancel_all(self, AttemptSequence sequence)
    @cython.locals(logical_call=LogicalCall, frame=Frame, attempt=PipelineAttempt)
    cpdef _send_attempt(self, AttemptSequence sequence, double now)
    cpdef _due_at(self, AttemptSequence sequence, double now)
    cpdef receive(self, Attempt attempt)
    @cython.locals(sequence=AttemptSequence)
    cpdef ended(self, attempt, int outcome)
    @cython.locals(now=double, took_s=double)
    cpdef _release_all(self, PipelineAttempt attempt, int outcome)
    cpdef _learn(self, AttemptSequence sequence, PipelineAttempt attempt)
    cpdef _next_wait_s(self, AttemptSequence sequence, Attempt attempt, int outcome)
    cpdef _abandon(self, PipelineAttempt attempt)
    cpdef _cancel_at_callee(self, Attempt attempt)
