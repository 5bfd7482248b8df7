/* Pending entries change hands: what XCLAIM and XAUTOCLAIM share.
 *
 * Entries are claimed or forgotten one by one, then told of: to the client with stream_claim_reply,
 * to replicas with stream_claim_record. */
#ifndef SKEIN_COMMAND_STREAM_CLAIM_H
#define SKEIN_COMMAND_STREAM_CLAIM_H

#include "command/stream_reader.h"

/* What is to be claimed, and how it then stands there. */
struct stream_claim {
    struct stream_reader reader;
    int64_t min_idle_ms;
    int64_t delivered_ms;
    int64_t deliveries; /* negative: one more than before */
    bool force, just_id;
    struct stream_id last; /* the group has been given all up to this one */
    /* Entries that do not exist any more: they are forgotten. */
    struct stream_id *gone;
    size_t gone_count, gone_capacity;
};

/* The group and the consumer that the arguments name; answers the error. */
bool stream_claim_find_group(struct call *call, struct stream_claim *claim);
/* The least time an entry must have been pending; answers `error`. */
bool stream_claim_idle_arg(struct call *call, struct stream_claim *claim, const char *error);

bool stream_claim_is_idle_enough(const struct stream_claim *claim,
                                 const struct stream_pending *pending);
/* The consumer gets the entry. `pending` is how it stands now; NULL: with nobody. */
void stream_claim_take(struct stream_claim *claim, struct stream_id id,
                       const struct stream_pending *pending);
/* The entry does not exist any more, so it is not pending either. */
void stream_claim_forget(struct stream_claim *claim, struct stream_id id);

/* The entries that were claimed, as an array. */
void stream_claim_reply(struct call *call, const struct stream_claim *claim);
void stream_claim_record(struct stream_claim *claim);
void stream_claim_deinit(struct stream_claim *claim);

#endif
