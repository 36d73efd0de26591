cimport cython

from sim.engine.calls.attempt cimport Attempt
from sim.engine.clock.kernel cimport Kernel


cdef class Network:
    cdef public Kernel kernel
    cdef public list heap
    cdef public object next_id
    cdef public object out
    cdef public object back
    cdef public double loss
    cdef public double loss_back
    cdef public object lost_out
    cdef public object lost_back
    cdef public long long lost_reason
    cdef public long long cut_reason
    @cython.locals(time_s=double)
    cpdef send(self, Attempt attempt)
    @cython.locals(time_s=double)
    cpdef answer(self, Attempt attempt)
    cpdef lose(self, Attempt attempt, long long reason)


cdef class Way:
    cdef public object name
    cdef public Network network
    cdef public object go
    cdef public object healthy
    cdef public dict delays
    cdef public double loss
    cdef public object lost
    cdef public dict losses
    cdef public dict throughput_limits
    cdef public double spacing_s
    cdef public object line
    cdef public double next_at
    cdef public int cuts
    cdef public int refusing_cuts
    cdef public double own_loss
    cpdef enter(self, Attempt attempt)


cdef class FaultyNetwork(Network):
    cdef public dict ways
    cdef public Way forth
    cdef public Way back_way
    @cython.locals(way=Way)
    cpdef send(self, Attempt attempt)
    @cython.locals(way=Way)
    cpdef answer(self, Attempt attempt)
