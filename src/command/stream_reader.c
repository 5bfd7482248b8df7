#include "command/stream_reader.h"

#include "base/mem.h"
#include "command/lookup.h"

enum { IDS_AT_ONCE = 512 /* in one recorded request */, FIRST_CAPACITY = 16 };

bool stream_reader_join(struct stream_reader *reader)
{
    struct stream_change *change = &reader->change;
    effects_none(change->call->effects);
    if (stream_group_find(&change->edit.stream, reader->group_name) == NULL) return false;
    stream_begin(change);
    reader->group = stream_group_open(&change->edit, reader->group_name);
    return true;
}

void stream_reader_meet(struct stream_reader *reader)
{
    struct stream_change *change = &reader->change;
    struct call *call = change->call;
    int64_t now_ms = call->host->now_ms;
    struct str name = reader->consumer_name;
    reader->consumer = stream_consumer_open(&change->edit, reader->group, name);
    if (reader->consumer) {
        reader->consumer->seen_ms = now_ms;
        return;
    }
    reader->consumer = stream_consumer_create(&change->edit, reader->group, name, now_ms);
    stream_announce_unwatched(call, change->key, "xgroup-createconsumer");
    EFFECTS_ADD(call->effects, STR("XGROUP"), STR("CREATECONSUMER"), change->key,
                reader->group_name, name);
}

static void note_given(struct stream_reader *reader, const struct stream_delivery *delivery)
{
    if (reader->given_count == reader->given_capacity) {
        size_t capacity = reader->given_capacity ? reader->given_capacity * 2 : FIRST_CAPACITY;
        reader->given = mem_realloc(reader->given, capacity * sizeof(*reader->given));
        reader->given_capacity = capacity;
    }
    reader->given[reader->given_count++] = *delivery;
}

void stream_reader_give(struct stream_reader *reader, const struct stream_delivery *delivery)
{
    stream_pending_put(&reader->change.edit, reader->group, reader->consumer, delivery);
    note_given(reader, delivery);
}

void stream_reader_deinit(struct stream_reader *reader)
{
    mem_free(reader->given);
}

/* --- recording --- */

/* A request under way to the effects, with room for ids and numbers as text. */
struct words {
    struct str list[IDS_AT_ONCE + 16];
    char room[IDS_AT_ONCE + 4][STREAM_ID_TEXT];
    size_t count, rooms;
};

static void add_word(struct words *words, struct str word)
{
    words->list[words->count++] = word;
}

static void add_id(struct words *words, struct stream_id id)
{
    char *room = words->room[words->rooms++];
    add_word(words, str_of(room, stream_id_format(room, id)));
}

static void add_i64(struct words *words, int64_t number)
{
    char *room = words->room[words->rooms++];
    add_word(words, str_of(room, num_format_i64(room, number)));
}

/* Entries given at one time, each for the same number of times, are one request. */
static size_t alike(const struct stream_delivery *first, size_t count)
{
    size_t n = 1;
    while (n < count && n < IDS_AT_ONCE && first[n].delivered_ms == first->delivered_ms &&
           first[n].deliveries == first->deliveries)
        n++;
    return n;
}

static void record_alike(const struct stream_reader *reader, const struct stream_delivery *first,
                         size_t count)
{
    struct words *words = mem_alloc(sizeof(*words));
    words->count = words->rooms = 0;
    add_word(words, STR("XCLAIM"));
    add_word(words, reader->change.key);
    add_word(words, reader->group_name);
    add_word(words, reader->consumer_name);
    add_word(words, STR("0"));
    for (size_t i = 0; i < count; i++) add_id(words, first[i].id);
    add_word(words, STR("TIME"));
    add_i64(words, first->delivered_ms);
    add_word(words, STR("RETRYCOUNT"));
    add_i64(words, (int64_t)first->deliveries);
    add_word(words, STR("FORCE"));
    add_word(words, STR("JUSTID"));
    add_word(words, STR("LASTID"));
    add_id(words, reader->group->last);
    effects_add(reader->change.call->effects, words->list, words->count);
    mem_free(words);
}

void stream_reader_record_given(struct stream_reader *reader)
{
    size_t done = 0;
    if (!reader->change.call->effects->wanted) done = reader->given_count;
    while (done < reader->given_count) {
        size_t count = alike(reader->given + done, reader->given_count - done);
        record_alike(reader, reader->given + done, count);
        done += count;
    }
    reader->given_count = 0;
}

static void record_acknowledged(const struct stream_reader *reader, const struct stream_id *ids,
                                size_t count)
{
    struct words *words = mem_alloc(sizeof(*words));
    words->count = words->rooms = 0;
    add_word(words, STR("XACK"));
    add_word(words, reader->change.key);
    add_word(words, reader->group_name);
    for (size_t i = 0; i < count; i++) add_id(words, ids[i]);
    effects_add(reader->change.call->effects, words->list, words->count);
    mem_free(words);
}

void stream_reader_record_forgotten(const struct stream_reader *reader, const struct stream_id *ids,
                                    size_t count)
{
    if (!reader->change.call->effects->wanted) return;
    for (size_t done = 0; done < count; done += IDS_AT_ONCE) {
        size_t left = count - done;
        record_acknowledged(reader, ids + done, left < IDS_AT_ONCE ? left : IDS_AT_ONCE);
    }
}

void stream_reader_record_progress(const struct stream_reader *reader)
{
    struct effects *effects = reader->change.call->effects;
    if (!effects->wanted) return;
    char id[STREAM_ID_TEXT], digits[NUM_I64_MAX];
    EFFECTS_ADD(effects, STR("XGROUP"), STR("SETID"), reader->change.key, reader->group_name,
                str_of(id, stream_id_format(id, reader->group->last)), STR("ENTRIESREAD"),
                str_of(digits, num_format_i64(digits, reader->group->entries_read)));
}

int64_t stream_idle_ms(int64_t now_ms, int64_t then_ms)
{
    int64_t idle;
    if (__builtin_sub_overflow(now_ms, then_ms, &idle)) return then_ms < 0 ? INT64_MAX : 0;
    return idle > 0 ? idle : 0;
}
