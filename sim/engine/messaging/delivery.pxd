cimport cython

from sim.engine.calls.attempt cimport Attempt, Frame
from sim.engine.calls.step cimport Step
from sim.engine.clock.kernel cimport TimerQueue
from sim.engine.messaging.queue cimport Queue
from sim.engine.services.replica cimport Replica
from sim.record.rows cimport RowsOf2


cdef class RootFrame(Frame):
    pass


cdef class Delivery(Step):
    cdef public RowsOf2 deliveries
    cdef public Queue queue
    cdef public TimerQueue visibility
    @cython.locals(attempt=Attempt)
    cpdef start(self, replica, receipt)
    @cython.locals(queue=Queue)
    cpdef receive(self, Attempt attempt)
