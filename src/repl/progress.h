/* What a master knows of one replica: how far it was sent, how far it says it is, whether it lives.
 *
 *     HANDSHAKE --(progress_queue)--> WAITING --(progress_begin)--> SENDING --(progress_ready)-->
 *         |                              ^                             |
 *         |                              +---(the snapshot failed)-----+
 *         +----------------(progress_continue)----------------------------> ONLINE
 *
 *     word in INFO: WAITING wait_bgsave, SENDING send_bulk, ONLINE online
 *
 * After a snapshot that ends with a mark nothing may be sent until the replica's first
 * acknowledgement: it looks for the mark at the end of what it reads.
 *
 * An acknowledgement is a claim. It is believed only between what was confirmed before and what was
 * sent; a claim of more is forged, counted, and cuts the connection. A replica counts for WAIT and
 * for min-replicas when it is online and has acknowledged something itself. */
#ifndef SKEIN_REPL_PROGRESS_H
#define SKEIN_REPL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum replica_state {
    REPLICA_HANDSHAKE, /* has announced itself, has asked for nothing */
    REPLICA_WAITING,   /* for a snapshot to begin, or to be complete on disk */
    REPLICA_SENDING,
    REPLICA_ONLINE,
    REPLICA_STATES
};

struct progress {
    enum replica_state state;
    bool is_silent; /* never acknowledges: asked with SYNC, or wants a snapshot only */
    bool is_muted;  /* nothing may be sent before its first acknowledgement */
    bool has_acked; /* since it is online */
    bool continues; /* it went on where it was: what it asked from it has */
    int64_t start;  /* where its stream begins */
    int64_t sent;   /* the end of what was written to its socket */
    int64_t acked, fsynced;
    int64_t heard_ms; /* its last sign of life: an acknowledgement, or bytes it took */
};

void progress_init(struct progress *progress, int64_t now_ms);
/* It waits for a snapshot. */
void progress_queue(struct progress *progress, int64_t now_ms);
/* A snapshot of `offset` begins to flow to it. */
void progress_begin(struct progress *progress, int64_t offset, int64_t now_ms);
/* The snapshot has been sent. `by_mark`: it ended with one. */
void progress_ready(struct progress *progress, bool by_mark, int64_t now_ms);
/* It continues at `offset` without a snapshot. */
void progress_continue(struct progress *progress, int64_t offset, int64_t now_ms);
/* The stream up to `offset` was written to its socket. */
void progress_sent(struct progress *progress, int64_t offset);

enum ack_verdict {
    ACK_TAKEN,
    ACK_FIRST,   /* taken, and the first since the snapshot: the stream may flow */
    ACK_IGNORED, /* not online: it means nothing yet */
    ACK_FORGED,  /* of what was never sent, or of a disk that has more than was received */
    ACK_BACKWARDS,
};
/* `fsynced` is -1 when it told nothing about its disk. */
enum ack_verdict progress_ack(struct progress *progress, int64_t offset, int64_t fsynced,
                              int64_t now_ms);
static inline bool ack_is_believed(enum ack_verdict verdict)
{
    return verdict != ACK_FORGED && verdict != ACK_BACKWARDS;
}

/* True when it has been silent for longer than repl-timeout. */
bool progress_is_lost(const struct progress *progress, int64_t now_ms, int64_t timeout_ms);
/* Whether stream bytes may be written to it now. */
static inline bool progress_may_flow(const struct progress *progress)
{
    return progress->state == REPLICA_ONLINE && !progress->is_muted;
}
/* Whole seconds since its last acknowledgement, INFO's "lag". */
int64_t progress_lag_s(const struct progress *progress, int64_t now_ms);
/* Counts for min-replicas-to-write with this max-lag. */
bool progress_is_good(const struct progress *progress, int64_t now_ms, int64_t max_lag_s);
/* Whether writes are to be refused; min-replicas-max-lag 0 or min-replicas-to-write 0: never. */
bool progress_too_few(size_t good, int64_t min_replicas, int64_t max_lag_s);
/* "online" */
const char *replica_state_name(enum replica_state state);

#endif
