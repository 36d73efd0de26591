"""The rows of ``sim.record.rows`` for the compiled core: doubles in one buffer, where Python has a list.

It has the same names and gives the same blocks; ``sim/record/rows.pxd`` declares the types.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdlib cimport free, realloc

import numpy as np


cdef class Rows:
    width = 0

    def __dealloc__(self):
        free(self.numbers)

    cdef double* next_row(self, size_t width) except NULL:
        """Return the place of the next row, and count it as used."""
        cdef double* place
        if self.used + width > self.room:
            self.room = max(2 * self.room, 16 * width)
            place = <double*>realloc(self.numbers, self.room * sizeof(double))
            if place == NULL:
                raise MemoryError
            self.numbers = place
        place = self.numbers + self.used
        self.used += width
        return place

    def size(self):
        """Return how many numbers are waiting to be taken."""
        return self.used

    def take(self):
        """Return the rows written since the last time, one in each line, and forget them."""
        packed = PyBytes_FromStringAndSize(<char*>self.numbers, self.used * sizeof(double))
        self.used = 0
        return np.frombuffer(packed).reshape(-1, self.width)


ctypedef (double, double) two
ctypedef (double, double, double, double) four
ctypedef (double, double, double, double, double) five
ctypedef (double, double, double, double, double, double) six
ctypedef (double, double, double, double, double, double, double, double, double, double) ten
ctypedef (
    double, double, double, double, double, double, double, double, double, double, double, double, double, double
) fourteen


cdef class RowsOf2(Rows):
    width = 2

    cpdef int write(self, (double, double) row) except -1:
        (<two*>self.next_row(2))[0] = row
        return 0


cdef class RowsOf4(Rows):
    width = 4

    cpdef int write(self, (double, double, double, double) row) except -1:
        (<four*>self.next_row(4))[0] = row
        return 0


cdef class RowsOf5(Rows):
    width = 5

    cpdef int write(self, (double, double, double, double, double) row) except -1:
        (<five*>self.next_row(5))[0] = row
        return 0


cdef class RowsOf6(Rows):
    width = 6

    cpdef int write(self, (double, double, double, double, double, double) row) except -1:
        (<six*>self.next_row(6))[0] = row
        return 0


cdef class RowsOf10(Rows):
    width = 10

    cpdef int write(
        self, (double, double, double, double, double, double, double, double, double, double) row
    ) except -1:
        (<ten*>self.next_row(10))[0] = row
        return 0


cdef class RowsOf14(Rows):
    width = 14

    cpdef int write(
        self,
        (
            double, double, double, double, double, double, double, double, double, double, double, double, double,
            double,
        ) row,
    ) except -1:
        (<fourteen*>self.next_row(14))[0] = row
        return 0


ROWS_OF = {kind.width: kind for kind in (RowsOf2, RowsOf4, RowsOf5, RowsOf6, RowsOf10, RowsOf14)}
