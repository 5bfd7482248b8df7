#include "snapshot/rdb_list.h"

#include "snapshot/ziplist.h"
#include "store/sequence.h"

enum {
    LIST_BYTE = 1,
    ZIPLIST_BYTE = 10,
    ZIPLISTS_BYTE = 14,
    RUNS_BYTE = 18,
    /* What a run of RUNS_BYTE is: one element as it is, or a packed run. */
    RUN_PLAIN = 1,
    RUN_PACKED = 2,
};

static bool save_runs(struct rdb_writer *writer, const struct value *value)
{
    struct sequence_cursor cursor = {0};
    const struct packed *run;
    rdb_write_len(writer, sequence_runs(value));
    while ((run = sequence_next_run(value, &cursor))) {
        rdb_write_len(writer, RUN_PACKED);
        rdb_write_string(writer, packed_bytes(run));
    }
    return !writer->sink->failed;
}

static struct sequence begin(const struct rdb_reader *reader)
{
    struct epochs *epochs = &reader->ks->store->epochs;
    return (struct sequence){
        .epochs = epochs, .limit = rdb_limits_of(reader)->list, .list = sequence_new_big(epochs)};
}

/* Small enough, it becomes a small list. */
static bool finish(struct rdb_reader *reader, struct sequence *sequence, struct value *value,
                   bool done)
{
    done = done && sequence_len(&sequence->list) > 0;
    if (done) sequence_settle(sequence, 1);
    *value = sequence->list;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

static bool load_element(struct rdb_reader *reader, struct sequence *sequence)
{
    struct str text;
    if (!rdb_read_string(reader, &text) || text.len > SEQUENCE_ELEMENT_MAX) return false;
    sequence_insert(sequence, sequence_len(&sequence->list), text);
    return true;
}

static bool load_elements(struct rdb_reader *reader, struct value *value)
{
    struct sequence sequence = begin(reader);
    uint64_t len;
    bool done = rdb_read_len(reader, &len);
    for (uint64_t i = 0; done && i < len; i++) done = load_element(reader, &sequence);
    return finish(reader, &sequence, value, done);
}

static bool append_run(struct sequence *sequence, struct packed run)
{
    if (packed_is_empty(&run))
        packed_deinit(&run);
    else
        sequence_append_run(sequence, run);
    return true;
}

static bool load_packed_run(struct rdb_reader *reader, struct sequence *sequence)
{
    struct str text;
    struct packed run;
    if (!rdb_read_string(reader, &text) || !packed_is_valid(text, NULL)) return false;
    packed_init_copy(&run, text);
    return append_run(sequence, run);
}

static bool load_plain_run(struct rdb_reader *reader, struct sequence *sequence)
{
    struct str text;
    struct packed run;
    if (!rdb_read_string(reader, &text) || text.len > SEQUENCE_ELEMENT_MAX) return false;
    packed_init(&run);
    packed_append(&run, text);
    return append_run(sequence, run);
}

static bool load_ziplist_run(struct rdb_reader *reader, struct sequence *sequence)
{
    struct str text;
    struct packed run;
    if (!rdb_read_string(reader, &text) || !ziplist_unpack(text, &run)) return false;
    return append_run(sequence, run);
}

static bool load_run(struct rdb_reader *reader, struct sequence *sequence)
{
    uint64_t container;
    if (!rdb_read_len(reader, &container)) return false;
    if (container == RUN_PLAIN) return load_plain_run(reader, sequence);
    return container == RUN_PACKED && load_packed_run(reader, sequence);
}

static bool load_runs_with(struct rdb_reader *reader, struct value *value,
                           bool (*load_one)(struct rdb_reader *, struct sequence *))
{
    struct sequence sequence = begin(reader);
    uint64_t len;
    bool done = rdb_read_len(reader, &len);
    for (uint64_t i = 0; done && i < len; i++) done = load_one(reader, &sequence);
    return finish(reader, &sequence, value, done);
}

static bool load_runs(struct rdb_reader *reader, struct value *value)
{
    return load_runs_with(reader, value, load_run);
}

static bool load_ziplists(struct rdb_reader *reader, struct value *value)
{
    return load_runs_with(reader, value, load_ziplist_run);
}

static bool load_ziplist(struct rdb_reader *reader, struct value *value)
{
    struct sequence sequence = begin(reader);
    return finish(reader, &sequence, value, load_ziplist_run(reader, &sequence));
}

const struct rdb_form rdb_list_runs_form = {
    .byte = RUNS_BYTE,
    .type = TYPE_LIST,
    .encodings = 1 << ENC_PACKED | 1 << ENC_TREE,
    .save = save_runs,
    .load = load_runs,
};

const struct rdb_form rdb_list_form = {.byte = LIST_BYTE, .type = TYPE_LIST, .load = load_elements};
const struct rdb_form rdb_list_ziplist_form = {
    .byte = ZIPLIST_BYTE, .type = TYPE_LIST, .load = load_ziplist};
const struct rdb_form rdb_list_ziplists_form = {
    .byte = ZIPLISTS_BYTE, .type = TYPE_LIST, .load = load_ziplists};
