/* A stream's facts and groups as text, to compare two streams by: all of what replicas must have,
 * but not when consumers were seen. */
#ifndef SKEIN_TESTS_COMMAND_STREAM_TEXT_H
#define SKEIN_TESTS_COMMAND_STREAM_TEXT_H

#include "base/buf.h"
#include "store/stream_group.h"

static inline void stream_text_id(struct buf *out, const char *what, struct stream_id id)
{
    char text[STREAM_ID_TEXT];
    buf_printf(out, " %s %.*s", what, (int)stream_id_format(text, id), text);
}

static inline void stream_text_pendings(struct buf *out, const struct tree *pendings)
{
    struct tree_cursor cursor;
    const struct stream_pending *one = stream_pending_from(pendings, &cursor, STREAM_ID_MIN);
    for (; one; one = stream_pending_next(&cursor)) {
        stream_text_id(out, "pending", one->id);
        buf_printf(out, " of %.*s at %lld times %llu", STR_ARG(stream_name_str(one->owner)),
                   (long long)one->delivered_ms, (unsigned long long)one->deliveries);
    }
}

static inline void stream_text_group(struct buf *out, const struct stream_group *group)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_consumer *consumer;
    buf_printf(out, "\n  group %.*s read %lld", STR_ARG(stream_name_str(group->name)),
               (long long)group->entries_read);
    stream_text_id(out, "last", group->last);
    stream_text_pendings(out, &group->pendings);
    while ((consumer = stream_consumer_next(group, &cursor))) {
        buf_printf(out, "\n    consumer %.*s", STR_ARG(stream_name_str(consumer->name)));
        stream_text_pendings(out, &consumer->pendings);
    }
}

static inline void stream_text(struct buf *out, const struct value *value)
{
    const struct stream_object *stream = value_stream(value);
    struct stream_name_cursor cursor = {0};
    const struct stream_group *group;
    buf_printf(out, "len %llu added %llu", (unsigned long long)stream->len,
               (unsigned long long)stream->added);
    stream_text_id(out, "last", stream->last);
    stream_text_id(out, "first", stream->first);
    stream_text_id(out, "deleted", stream->deleted);
    while ((group = stream_group_next(value, &cursor))) stream_text_group(out, group);
}

#endif
