"""W2 as a bare loop over heapq with numbers drawn in numpy blocks: no engine, no records but the latencies.

The practical limit of one event at a time in CPython. python w2_loop.py N [SEED]
"""

import sys
from collections import deque
from heapq import heappop, heappush
from itertools import chain, repeat

import numpy as np

requests = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1


def exponential(mean, stream):
    generator = np.random.default_rng([seed, stream])
    return chain.from_iterable(generator.exponential(mean, 4096).tolist() for _ in repeat(None)).__next__


def main():
    gap, work = exponential(1 / 28, 0), exponential(0.1, 1)
    arrival, served, timer, resend = range(4)
    free, lines = [4, 4, 4], [deque(), deque(), deque()]
    sojourns = []
    attempts = failed = number = 0
    left = requests - 1
    heap = [(gap(), 0, arrival, None)]
    # a request is [arrived at, attempt that counts, over]; a job is [request, its attempt, station]
    while heap:
        now, _, kind, what = heappop(heap)
        if kind == served:
            station = what[2]
            line = lines[station]
            if line:
                number += 1
                heappush(heap, (now + work(), number, served, line.popleft()))
            else:
                free[station] += 1
            station += 1
            if station == 3:
                request = what[0]
                if request[1] == what[1] and not request[2]:
                    request[2] = True
                    sojourns.append(now - request[0])
            else:
                what[2] = station
                if free[station]:
                    free[station] -= 1
                    number += 1
                    heappush(heap, (now + work(), number, served, what))
                else:
                    lines[station].append(what)
            continue
        if kind == timer:
            request, which = what
            if request[2] or request[1] != which:
                continue
            if which == 3:
                request[2] = True
                failed += 1
                sojourns.append(now - request[0])
            else:
                request[1] = which + 1
                number += 1
                heappush(heap, (now + 0.1 * 2 ** (which - 1), number, resend, request))
            continue
        if kind == arrival:
            request = [now, 1, False]
            if left:
                left -= 1
                number += 1
                heappush(heap, (now + gap(), number, arrival, None))
        else:
            request = what
        attempts += 1
        which = request[1]
        job = [request, which, 0]
        if free[0]:
            free[0] -= 1
            number += 1
            heappush(heap, (now + work(), number, served, job))
        else:
            lines[0].append(job)
        number += 1
        heappush(heap, (now + 2.0, number, timer, (request, which)))
    mean = sum(sojourns) / len(sojourns)
    print(f"W2 loop completed={len(sojourns)} mean_sojourn={mean:.4f} attempts={attempts} failed={failed}")


main()
