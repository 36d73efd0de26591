cpdef heappush(list heap, tuple entry)

cpdef heappop(list heap)
