cimport cython

from sim.engine.calls.scope cimport Scope
from sim.engine.calls.state cimport CacheScope, LogicalCall


cdef class LinkCache:
    cdef public Scope scopes
    cdef public bint coalesce
    cdef public object hit_ratio
    cdef public object uniform
    cdef public object mark


cdef class OperationCache:
    cdef public LinkCache link_cache
    cdef public object operation
    @cython.locals(link_cache=LinkCache, scopes=Scope, cache_scope=CacheScope, hit=bint)
    cpdef try_serve(self, LogicalCall logical_call)
    cpdef _join_fetch(self, LogicalCall logical_call)
    cpdef store_and_release(self, LogicalCall logical_call, int outcome)
    cpdef release_waiters(self, LogicalCall logical_call)
