cimport cython

from sim.engine.calls.attempt cimport RequestFrame
from sim.engine.clock.kernel cimport Event, Kernel, TimerQueue
from sim.record.rows cimport RowsOf10


cdef class Request(RequestFrame):
    cdef public object client
    cdef public double operation
    cdef public double instance
    cdef public double arrived_at
    cdef public long long reason
    cdef public object user
    cdef public double tries
    cdef public object current
    cdef public double wait_s
    cdef public bint over
    cdef public Request frame


cdef class Client:
    cdef public object next_number
    cdef public dict open
    cdef public RowsOf10 rows
    cdef public double code
    cdef public list starts
    cdef public list operations
    cdef public TimerQueue timer_queue
    cdef public long long late
    cdef public long long offered
    cdef public long long closed
    cdef public object keys
    cdef public long long instances
    cdef public Kernel kernel
    @cython.locals(request=Request)
    cpdef ask(self, long long which, double instance, user=*)
    @cython.locals(outcome=int)
    cpdef answered(self, Request request)
    cpdef failed(self, Request request, int outcome, long long reason)
    cpdef _close(self, Request request, int outcome, long long reason)


cdef class Source(Event):
    cdef public object ask
    cdef public Kernel kernel
    cdef public list heap
    cdef public object next_id
    cdef public object next_at
    cdef public object next_which
    cdef public object next_instance
    @cython.locals(at=double)
    cpdef arrive(self)


cdef class User:
    cdef public Client client
    cdef public Kernel kernel
    cdef public object index
    cdef public object think
    cdef public object draw_task
    cdef public object tasks
    cdef public list left
    cdef public double until_s
