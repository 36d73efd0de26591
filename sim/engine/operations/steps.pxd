cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame, OperationFrame
from sim.engine.clock.kernel cimport Event, Kernel
from sim.record.rows cimport RowsOf5


cdef class Work:
    cdef public Kernel kernel
    cdef public list heap
    cdef public object next_id
    cdef public object draw
    cdef public tuple callbacks
    @cython.locals(time_s=double)
    cpdef start(self, Frame frame)


cdef class InterruptibleWait:
    cdef public Kernel kernel
    cdef public object draw
    cdef public object then


cdef class PausableWork:
    cdef public Kernel kernel
    cdef public list heap
    cdef public object next_id
    cdef public object draw
    cdef public object then
    @cython.locals(piece=WorkInProgress)
    cpdef start(self, Frame frame)


cdef class WorkInProgress(Event):
    cdef public Frame frame
    cdef public PausableWork work
    cdef public double begun_at
    cdef public double left_s
    @cython.locals(frame=Frame)
    cpdef done(self)
    @cython.locals(work=PausableWork)
    cpdef run(self)


cdef class VariableSpeedWork(PausableWork):
    @cython.locals(time_s=double, piece=WorkInProgress)
    cpdef start(self, Frame frame)


cdef class Effect:
    cdef public Kernel kernel
    cdef public RowsOf5 rows
    cdef public double site
    cdef public object then
    cpdef start(self, Frame frame)


cdef class Fail:
    cdef public double share
    cdef public object uniform
    cdef public object then
    cdef public object failed
    cdef public long long reason


cdef class Reply:
    cdef public object then


cdef class OnError:
    cdef public object then


cdef class Degraded:
    cdef public object then


cpdef degrade(Frame frame)


cdef class RecordOutcome:
    cdef public object name
    cdef public object then
    cdef public object failed


cdef class Branch:
    cdef public object chooses
    cdef public object then
    cdef public object otherwise


cdef class Repeat:
    cdef public Kernel kernel
    cdef public long long times
    cdef public object body
    cdef public object then


cdef class Join:
    cdef public OperationFrame frame
    cdef public long long missing
    cdef public long long spare
    cdef public bint over
    cdef public bint starting
    cdef public double begun_at
    cdef public double worked_s
    cdef public object failure
    cdef public bint degraded


cdef class ForkBranch(OperationFrame):
    cdef public Join join
    cdef public Attempt root


cdef class Parallel:
    cdef public Kernel kernel
    cdef public list bodies
    cdef public long long needed
    cdef public object then
    cdef public object failed
    @cython.locals(join=Join)
    cpdef start(self, Frame frame)
    @cython.locals(join=Join)
    cpdef arrived(self, ForkBranch fork_branch)
    @cython.locals(join=Join)
    cpdef broke(self, ForkBranch fork_branch, int outcome, long long reason)
    @cython.locals(frame=Frame)
    cpdef _decide(self, Join join)
