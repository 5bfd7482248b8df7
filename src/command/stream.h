/* What the files of the stream family share: finding a stream, changing one, and the replies with
 * entries.
 *
 * A change goes stream_open, stream_begin, the functions on change.edit, stream_announce. Unlike
 * other collections a stream stays when it is empty, and stays where it is. */
#ifndef SKEIN_COMMAND_STREAM_H
#define SKEIN_COMMAND_STREAM_H

#include "command/call.h"
#include "store/stream.h"

/* A stream for reading; false when there is none, or (*failed) the key holds something else. */
bool stream_find(struct call *call, struct str key, struct value *stream, bool *failed);

struct stream_change {
    struct call *call;
    struct str key;
    struct entry *entry; /* NULL: there is no such key yet */
    struct stream_edit edit;
};
/* Looks a key up for writing; false when it holds something else, which is answered. */
bool stream_open(struct call *call, struct str key, struct stream_change *change);
/* Makes change->edit a private stream to write to; a new key gets an empty one. */
void stream_begin(struct stream_change *change);
/* Tells of `count` changes, for WATCH and for tracking too, and announces the event. */
void stream_announce(const struct stream_change *change, const char *event, uint64_t count);
/* The same, once, for what nobody who watches the key hears of: groups, XSETID. */
void stream_announce_unwatched(struct call *call, struct str key, const char *event);

/* The entry that stream_next has met last: its id, then its names and values. */
void stream_reply_entry(struct reply *reply, struct stream_cursor *cursor, struct stream_id id,
                        size_t pairs);
/* Up to `limit` entries as an array; returns how many. */
size_t stream_reply_entries(struct reply *reply, struct stream_cursor *cursor, uint64_t limit);

#endif
