/* The arguments of XREAD and XREADGROUP. */
#ifndef SKEIN_COMMAND_STREAM_READ_ARGS_H
#define SKEIN_COMMAND_STREAM_READ_ARGS_H

#include "command/stream.h"

enum { STREAM_READ_FEW = 4 };

struct stream_read_args {
    bool of_group; /* said by the caller: XREADGROUP */
    int group_at;  /* the name of the group, then that of the consumer; 0: not given */
    bool no_ack;
    bool blocks;
    int64_t timeout_ms;
    uint64_t limit; /* of entries for each key */
    int keys_at, key_count;
    /* The entries behind these ids are asked for, a key each; STREAM_ID_MAX stands for ">", those
     * that the group was not given yet. */
    struct stream_id *after;
    struct stream_id few[STREAM_READ_FEW];
};

/* All but the ids, which depend on what is stored. Answers the error. */
bool stream_read_args(struct call *call, struct stream_read_args *args);
/* The id of one key, whose stream is there or NULL. Answers the error. */
bool stream_read_id_arg(struct call *call, struct stream_read_args *args, int key,
                        const struct value *stream);
void stream_read_args_deinit(struct stream_read_args *args);

static inline struct str stream_read_key(const struct call *call,
                                         const struct stream_read_args *args, int key)
{
    return call_arg(call, args->keys_at + key);
}

#endif
