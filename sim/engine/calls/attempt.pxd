cimport cython

from sim.engine.calls.step cimport Step
from sim.engine.clock.kernel cimport TimerEntry


cdef class RequestFrame


cdef class Frame(TimerEntry):
    cdef public RequestFrame request
    cdef public long long id
    cdef public int result
    cdef public double worked_s


cdef class OperationFrame(Frame):
    cdef public object loops
    cdef public object ends
    cdef public double running_since
    cdef public double queued_at


cdef class RequestFrame(Frame):
    cdef public double key


cdef class Place:
    cdef public int index
    cdef public long long outstanding
    cdef public long long free
    cdef public long long places
    cdef public object line
    cdef public object queues
    cdef public long long blocked


cdef class Attempt(OperationFrame):
    cdef public Step step
    cdef public Frame parent
    cdef public double number
    cdef public Place replica
    cdef public double sent_at
    cdef public double entered_at
    cdef public double started_at
    cdef public object left_at
    cdef public double ended_at
    cdef public long long reason
    cdef public bint unanswerable
    cdef public object call
    cdef public long long generation
    cdef public object message
    cdef public object wait_timer
    cdef public bint killed
    cdef public bint replied


cpdef is_detached(Frame frame)
