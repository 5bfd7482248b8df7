/* A consumer of a group at work: XREADGROUP, XCLAIM and XAUTOCLAIM give it entries.
 *
 * None of them is recorded as it came. What replicas get is what was given to whom, how often and
 * when, in absolute numbers: XGROUP CREATECONSUMER, XCLAIM, XACK, XGROUP SETID. */
#ifndef SKEIN_COMMAND_STREAM_READER_H
#define SKEIN_COMMAND_STREAM_READER_H

#include "command/stream.h"
#include "store/stream_group.h"

struct stream_reader {
    struct stream_change change;
    struct str group_name, consumer_name;
    struct stream_group *group;       /* private */
    struct stream_consumer *consumer; /* private */
    /* What was given, for replicas and replies. */
    struct stream_delivery *given;
    size_t given_count, given_capacity;
};

/* The group of the stream that was opened, as a private one. The request leaves only what is
 * recorded from here on. False when there is none. */
bool stream_reader_join(struct stream_reader *reader);
/* The consumer, made if need be, has been seen now. */
void stream_reader_meet(struct stream_reader *reader);
/* An entry is pending with the consumer from now on. */
void stream_reader_give(struct stream_reader *reader, const struct stream_delivery *delivery);
/* Records what was given, and forgets it. */
void stream_reader_record_given(struct stream_reader *reader);
/* Records that entries are not pending any more. */
void stream_reader_record_forgotten(const struct stream_reader *reader, const struct stream_id *ids,
                                    size_t count);
/* Records how far the group is. */
void stream_reader_record_progress(const struct stream_reader *reader);
void stream_reader_deinit(struct stream_reader *reader);

/* Milliseconds from then to now; not negative. */
int64_t stream_idle_ms(int64_t now_ms, int64_t then_ms);

#endif
