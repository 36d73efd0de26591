/* W2 as a bare loop in C: what one event at a time costs when nothing but the model is there. The limit of any engine.
 *
 *     bare_loop REQUESTS [SEED] [TIMEOUT]
 *
 * A binary heap of events, three lines in order of arrival, exponential draws (xoshiro256++ of Blackman and Vigna), and
 * five numbers for each visit of a station: job, station, sent at, started at, ended at.
 * Not modelled: all that a scenario can say, the client's and the gateway's rows, reasons, identities.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATIONS = 3, WORKERS = 4, TRIES = 3, NUMBERS = 5 };
enum kind { ARRIVAL, SERVED, TIMEOUT, RETRY };

struct event { double at; int64_t order; enum kind kind; int32_t of; };
struct request { double arrived_at; int tries, ended; };
struct job { double sent_at, started_at; int32_t request; int tried, station; };
struct line { int32_t *jobs; int64_t head, count, room; };

static void *grown(void *old, size_t bytes)
{
    void *found = realloc(old, bytes);
    if (!found) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return found;
}

/* Chance. */
static uint64_t state[4];

static uint64_t rotated(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static void seed_with(uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        state[i] = z ^ (z >> 31);
    }
}

static double exponential(double mean)
{
    uint64_t drawn = rotated(state[0] + state[3], 23) + state[0], kept = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= kept;
    state[3] = rotated(state[3], 45);
    return -mean * log1p(-(double)(drawn >> 11) * 0x1p-53);
}

/* The heap: the earliest event first, and of equal instants the one that was made first. */
static struct event *heap;
static int64_t waiting, heap_room, order;

static int before(struct event a, struct event b) { return a.at < b.at || (a.at == b.at && a.order < b.order); }

static void schedule(double at, enum kind kind, int32_t of)
{
    struct event made = {at, order++, kind, of};
    if (waiting == heap_room)
        heap = grown(heap, (size_t)(heap_room = heap_room ? 2 * heap_room : 1024) * sizeof *heap);
    int64_t place = waiting++;
    for (int64_t above = (place - 1) / 2; place && before(made, heap[above]); above = (place - 1) / 2) {
        heap[place] = heap[above];
        place = above;
    }
    heap[place] = made;
}

static struct event next_event(void)
{
    struct event first = heap[0], last = heap[--waiting];
    int64_t place = 0;
    for (int64_t below = 1; below < waiting; below = 2 * place + 1) {
        if (below + 1 < waiting && before(heap[below + 1], heap[below]))
            below++;
        if (!before(heap[below], last))
            break;
        heap[place] = heap[below];
        place = below;
    }
    heap[place] = last;
    return first;
}

/* The stations. */
static struct line lines[STATIONS];
static int idle[STATIONS];
static struct job *jobs;
static int64_t job_count, job_room;

static void start(int32_t job, double now)
{
    jobs[job].started_at = now;
    schedule(now + exponential(0.1), SERVED, job);
}

static void enter(int32_t job, double now)
{
    int station = jobs[job].station;
    struct line *line = &lines[station];
    jobs[job].sent_at = now;
    if (idle[station]) {
        idle[station]--;
        start(job, now);
        return;
    }
    if (line->count == line->room) { /* the ring is full: unroll it into one of twice the size */
        int64_t room = line->room ? 2 * line->room : 1024;
        int32_t *wider = grown(NULL, (size_t)room * sizeof *wider);
        for (int64_t i = 0; i < line->count; i++)
            wider[i] = line->jobs[(line->head + i) % line->room];
        free(line->jobs);
        *line = (struct line){wider, 0, line->count, room};
    }
    line->jobs[(line->head + line->count++) % line->room] = job;
}

static void leave(int station, double now)
{
    struct line *line = &lines[station];
    if (!line->count) {
        idle[station]++;
        return;
    }
    int32_t job = line->jobs[line->head];
    line->head = (line->head + 1) % line->room;
    line->count--;
    start(job, now);
}

/* The record. */
static double *rows;
static int64_t row_count, row_room;

static void write_row(int32_t job, double now)
{
    if (row_count == row_room)
        rows = grown(rows, (size_t)(row_room = row_room ? 2 * row_room : 4096) * NUMBERS * sizeof *rows);
    double *row = &rows[NUMBERS * row_count++];
    row[0] = job;
    row[1] = jobs[job].station;
    row[2] = jobs[job].sent_at;
    row[3] = jobs[job].started_at;
    row[4] = now;
}

int main(int count, char **words)
{
    int64_t wanted = count > 1 ? atoll(words[1]) : 200000, arrived = 0, completed = 0, failed = 0;
    double timeout_s = count > 3 ? atof(words[3]) : 2.0, sojourns_s = 0;
    seed_with(count > 2 ? (uint64_t)atoll(words[2]) : 1);
    struct request *requests = grown(NULL, (size_t)wanted * sizeof *requests);
    for (int i = 0; i < STATIONS; i++)
        idle[i] = WORKERS;
    schedule(exponential(1 / 28.0), ARRIVAL, 0);
    while (waiting) {
        struct event event = next_event();
        double now = event.at;
        int32_t of = event.of;
        if (event.kind == SERVED) {
            struct request *request = &requests[jobs[of].request];
            write_row(of, now);
            leave(jobs[of].station, now);
            if (++jobs[of].station < STATIONS) {
                enter(of, now);
            } else if (!request->ended && request->tries == jobs[of].tried) {
                request->ended = 1;
                completed++;
                sojourns_s += now - request->arrived_at;
            }
            continue;
        }
        if (event.kind == TIMEOUT) {
            struct request *request = &requests[jobs[of].request];
            if (request->ended || request->tries != jobs[of].tried)
                continue;
            if (request->tries == TRIES) {
                request->ended = 1;
                completed++;
                failed++;
                sojourns_s += now - request->arrived_at;
            } else {
                schedule(now + 0.1 * (1 << (request->tries++ - 1)), RETRY, jobs[of].request);
            }
            continue;
        }
        if (event.kind == ARRIVAL) {
            of = (int32_t)arrived++;
            requests[of] = (struct request){now, 1, 0};
            if (arrived < wanted)
                schedule(now + exponential(1 / 28.0), ARRIVAL, 0);
        }
        if (job_count == job_room)
            jobs = grown(jobs, (size_t)(job_room = job_room ? 2 * job_room : 1024) * sizeof *jobs);
        int32_t job = (int32_t)job_count++;
        jobs[job] = (struct job){0, 0, of, requests[of].tries, 0};
        enter(job, now);
        schedule(now + timeout_s, TIMEOUT, job);
    }
    printf("W2 C completed=%lld mean_sojourn=%.4f attempts=%lld failed=%lld rows=%lld\n", (long long)completed,
           sojourns_s / (double)completed, (long long)job_count, (long long)failed, (long long)row_count);
    return 0;
}
