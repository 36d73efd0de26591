cdef class Rows:
    cdef double* numbers
    cdef size_t used
    cdef size_t room
    cdef double* next_row(self, size_t width) except NULL

cdef class RowsOf2(Rows):
    cpdef int write(self, (double, double) row) except -1

cdef class RowsOf4(Rows):
    cpdef int write(self, (double, double, double, double) row) except -1

cdef class RowsOf5(Rows):
    cpdef int write(self, (double, double, double, double, double) row) except -1

cdef class RowsOf6(Rows):
    cpdef int write(self, (double, double, double, double, double, double) row) except -1

cdef class RowsOf10(Rows):
    cpdef int write(
        self, (double, double, double, double, double, double, double, double, double, double) row
    ) except -1

cdef class RowsOf14(Rows):
    cpdef int write(
        self,
        (
            double, double, double, double, double, double, double, double, double, double, double, double, double,
            double,
        ) row,
    ) except -1
