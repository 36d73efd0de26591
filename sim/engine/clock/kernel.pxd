cimport cython


cdef class Event:
    cdef public object callbacks


cdef class TimerEntry(Event):
    cdef public int outcome
    cdef public double expires_at


cdef class ScheduledCall(Event):
    cdef public object function
    cdef public object argument
    cpdef fire(self)


cdef class Kernel:
    cdef public double now
    cdef public object env
    cdef public bint is_shared
    cdef public list heap
    cdef public object next_id
    cdef public object over_budget
    cdef public object on_progress
    cdef public double _instant
    cdef public long long _at_instant
    cdef public dict _lanes
    cdef public list pools
    @cython.locals(event=Event)
    cpdef run(self)
    cpdef at(self, double time_s, int priority, function, argument=*)
    @cython.locals(now=double)
    cpdef after(self, double wait_s, function, argument)


cdef class TimerQueue(Event):
    cdef public Kernel kernel
    cdef public list heap
    cdef public object next_id
    cdef public double delay_s
    cdef public object expire
    cdef public object entries
    cdef public bint is_scheduled
    @cython.locals(at=double)
    cpdef add(self, TimerEntry entry)
    cpdef _schedule(self, double at)
    @cython.locals(now=double, head=TimerEntry)
    cpdef tick(self)
