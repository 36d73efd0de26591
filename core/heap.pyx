"""``heapq`` for the compiled core, on the same lists of ``(time, priority, id, event)``: only the comparison is faster.

The algorithm is that of CPython's ``_heapqmodule.c``, step by step, so that a heap has the same order inside as well.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_SIZE
from cpython.long cimport PyLong_AsLongLong
from cpython.object cimport Py_LT, PyObject, PyObject_RichCompareBool
from cpython.tuple cimport PyTuple_GET_ITEM

cdef extern from "Python.h":
    ctypedef struct PyListObject:
        PyObject** ob_item


cdef inline bint comes_first(object one, object other) except -1:
    """Return whether the entry *one* is less than *other*, as tuples are."""
    first, second = <object>PyTuple_GET_ITEM(one, 0), <object>PyTuple_GET_ITEM(other, 0)
    cdef double at, other_at
    cdef long long number, other_number
    cdef int place
    if not (PyFloat_CheckExact(first) and PyFloat_CheckExact(second)):
        return PyObject_RichCompareBool(one, other, Py_LT)
    at, other_at = PyFloat_AS_DOUBLE(first), PyFloat_AS_DOUBLE(second)
    if at != other_at:
        return at < other_at
    for place in (1, 2):
        number = PyLong_AsLongLong(<object>PyTuple_GET_ITEM(one, place))
        other_number = PyLong_AsLongLong(<object>PyTuple_GET_ITEM(other, place))
        if number != other_number:
            return number < other_number
    return False


cdef int sift_down(list heap, Py_ssize_t start, Py_ssize_t place) except -1:
    """Move the entry at *place* towards *start* until its parent comes first."""
    cdef PyObject** items = (<PyListObject*>heap).ob_item
    cdef Py_ssize_t parent
    while place > start:
        parent = (place - 1) >> 1
        if not comes_first(<object>items[place], <object>items[parent]):
            break
        items[place], items[parent] = items[parent], items[place]
        place = parent
    return 0


cdef int sift_up(list heap, Py_ssize_t place) except -1:
    """Move the entry at *place* to a leaf, smaller children up, and then down to where it belongs."""
    cdef PyObject** items = (<PyListObject*>heap).ob_item
    cdef Py_ssize_t start = place, size = PyList_GET_SIZE(heap), child
    while place < size >> 1:
        child = 2 * place + 1
        if child + 1 < size and not comes_first(<object>items[child], <object>items[child + 1]):
            child += 1
        items[place], items[child] = items[child], items[place]
        place = child
    return sift_down(heap, start, place)


cpdef heappush(list heap, tuple entry):
    """Push *entry* onto *heap*."""
    heap.append(entry)
    sift_down(heap, 0, PyList_GET_SIZE(heap) - 1)


cpdef heappop(list heap):
    """Take the first entry off *heap*; raises IndexError if it is empty."""
    last = heap.pop()
    if not heap:
        return last
    first = heap[0]
    heap[0] = last
    sift_up(heap, 0)
    return first
