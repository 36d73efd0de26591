cdef class DeliveryPolicy:
    cdef public double visibility_s
    cdef public object max_deliveries
    cdef public object redelivery
    cdef public double max_stalled
    cdef public bint refuses_late
    cdef public object delay_s


cdef class Message:
    cdef public object body
    cdef public int state
    cdef public long long deliveries
    cdef public object delivery
    cdef public long long stalled


cdef class Delivery:
    cdef public Message message
    cdef public long long number
    cdef public double visible_at


cdef class VisibilityQueue:
    cdef public DeliveryPolicy policy
    cdef public long long visible
    cdef public long long resting
    cdef public long long in_flight
    cdef public object _on_dead
    cdef public object _line
