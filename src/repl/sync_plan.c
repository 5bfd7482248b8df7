#include "repl/sync_plan.h"

/* Even without a delay: replicas that were told to come at one time come within a few ms, and one
 * that comes too late would wait until the snapshot of the first has been sent. */
enum { GATHER_MS = 10 };

enum join_verdict sync_can_join(const struct sync_save *save, const struct sync_request *request,
                                struct journal_range kept)
{
    if (request->filter) return JOIN_OTHER_CONTENT;
    if (!save->has_offset || !range_serves(kept, save->offset)) return JOIN_STREAM_IS_GONE;
    return JOIN_YES;
}

const char *join_verdict_name(enum join_verdict verdict)
{
    static const char *const names[JOIN_VERDICTS] = {
        [JOIN_YES] = "shared",
        [JOIN_OTHER_CONTENT] = "other-content",
        [JOIN_STREAM_IS_GONE] = "stream-is-gone",
    };
    return names[verdict];
}

static const struct sync_request *find_oldest(const struct sync_request *waiting, size_t count)
{
    const struct sync_request *oldest = waiting;
    for (size_t i = 1; i < count; i++) {
        if (waiting[i].since_ms < oldest->since_ms) oldest = &waiting[i];
    }
    return oldest;
}

int64_t sync_begin_at(const struct sync_settings *settings, const struct sync_request *waiting,
                      size_t count, size_t running)
{
    if (count == 0 || running >= settings->running_max) return INT64_MAX;
    const struct sync_request *oldest = find_oldest(waiting, count);
    bool is_complete = settings->max_replicas > 0 && count >= settings->max_replicas;
    if (sync_choose_way(settings, waiting, count) == SYNC_TO_FILE || is_complete) return INT64_MIN;
    int64_t delay_ms = settings->delay_ms > GATHER_MS ? settings->delay_ms : GATHER_MS;
    if (oldest->since_ms > INT64_MAX - delay_ms) return INT64_MAX;
    return oldest->since_ms + delay_ms;
}

enum sync_way sync_choose_way(const struct sync_settings *settings,
                              const struct sync_request *waiting, size_t count)
{
    if (!settings->to_socket || count == 0) return SYNC_TO_FILE;
    return find_oldest(waiting, count)->takes_marks ? SYNC_TO_SOCKET : SYNC_TO_FILE;
}

bool sync_takes_part(enum sync_way way, const struct sync_request *oldest,
                     const struct sync_request *request)
{
    if (request->filter != oldest->filter) return false;
    return way == SYNC_TO_FILE || request->takes_marks;
}

int64_t sync_left_s(uint64_t done, uint64_t total, int64_t elapsed_ms)
{
    if (done == 0 || elapsed_ms <= 0 || done > total) return -1;
    double left_ms = (double)elapsed_ms * ((double)(total - done) / (double)done);
    return left_ms < (double)INT32_MAX ? (int64_t)(left_ms / 1000 + 0.5) : -1;
}

/* --- bandwidth --- */

enum { MS_PER_S = 1000, BURSTS_PER_S = 10 };

static int64_t burst_of(const struct rate_cap *cap)
{
    int64_t burst = cap->bytes_per_s / BURSTS_PER_S;
    return burst > 0 ? burst : 1;
}

/* What `ms` milliseconds bring, no more than a burst. */
static int64_t earned(const struct rate_cap *cap, int64_t ms)
{
    if (ms <= 0) return 0;
    if (ms > MS_PER_S) ms = MS_PER_S;
    int64_t bytes;
    if (__builtin_mul_overflow(cap->bytes_per_s, ms, &bytes)) return cap->bytes_per_s;
    return bytes / MS_PER_S;
}

int64_t rate_allows(struct rate_cap *cap, int64_t now_ms, int64_t wanted)
{
    if (cap->bytes_per_s == 0) return wanted;
    int64_t bytes = earned(cap, now_ms - cap->at_ms);
    /* Less than a byte: the time goes on counting. */
    if (bytes > 0 || now_ms < cap->at_ms) cap->at_ms = now_ms;
    int64_t burst = burst_of(cap);
    cap->credit = bytes > burst - cap->credit ? burst : cap->credit + bytes;
    if (cap->credit <= 0) return 0;
    return wanted < cap->credit ? wanted : cap->credit;
}

void rate_spent(struct rate_cap *cap, int64_t bytes)
{
    if (cap->bytes_per_s > 0) cap->credit -= bytes;
}

int64_t rate_wait_ms(const struct rate_cap *cap)
{
    if (cap->bytes_per_s == 0 || cap->credit > 0) return 0;
    __int128 owed = (__int128)(1 - cap->credit) * MS_PER_S;
    __int128 wait = (owed + cap->bytes_per_s - 1) / cap->bytes_per_s;
    return wait > INT64_MAX ? INT64_MAX : (int64_t)wait;
}
