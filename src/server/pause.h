/* Whether clients are paused: by CLIENT PAUSE, by a shutdown or by a failover, each for its own
 * time.
 *
 * Pure: the clock comes in with each question. Of several pauses the strictest counts. A pause that
 * is begun again for the same reason is never shortened or eased. While anything is paused nothing
 * expires and nothing is evicted, so that replicas can catch up with data that stands still. */
#ifndef SKEIN_SERVER_PAUSE_H
#define SKEIN_SERVER_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

enum pause_mode { PAUSE_NOTHING, PAUSE_WRITES, PAUSE_ALL };
enum pause_reason { PAUSE_BY_COMMAND, PAUSE_FOR_SHUTDOWN, PAUSE_FOR_FAILOVER, PAUSE_REASONS };

/* A zeroed struct pauses nothing. */
struct pause {
    struct pause_of {
        enum pause_mode mode;
        int64_t until_ms;
    } of[PAUSE_REASONS];
};

void pause_begin(struct pause *pause, enum pause_reason reason, enum pause_mode mode,
                 int64_t now_ms, int64_t timeout_ms);
void pause_end(struct pause *pause, enum pause_reason reason);
enum pause_mode pause_mode_at(const struct pause *pause, int64_t now_ms);
/* When the last of them ends; not in the past only if something is paused. */
int64_t pause_until_ms(const struct pause *pause);
/* True when a request with these flags (enum command_flag; for EXEC those of the queued commands
 * too) must wait. */
bool pause_holds(const struct pause *pause, int64_t now_ms, uint32_t command_flags);

#endif
