from sim.policies.limiter cimport TokenBucket
from sim.policies.shedding cimport CoDel, PriorityShed


cdef class RateLimiter:
    cdef public TokenBucket bucket
    cdef public bint waits
    cdef public double most_s
    cdef public long long reason
    cdef public object mark
    cdef public double component
    cdef public object after


cdef class QueueLengthLimit:
    cdef public long long length
    cdef public long long reason


cdef class PriorityShedding:
    cdef public PriorityShed policy
    cdef public object priorities
    cdef public long long reason


cdef class CoDelRule:
    cdef public CoDel policy
    cdef public long long reason


cdef class DeadlineRule:
    cdef public double least_s
    cdef public long long reason


cdef class PolicyRule:
    cdef public object policy
    cdef public long long reason
