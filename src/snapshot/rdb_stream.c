#include "snapshot/rdb_stream.h"

#include "base/mem.h"
#include "store/stream_group.h"
#include "store/stream_node.h"

enum {
    FORM_5_0 = 15,
    FORM_7_0 = 19, /* with counters */
    FORM_7_2 = 21, /* with times of activity */
    TIME_BYTES = 8,
};

/* --- saving --- */

static void write_id(struct rdb_writer *writer, struct stream_id id)
{
    rdb_write_len(writer, id.ms);
    rdb_write_len(writer, id.seq);
}

static void write_wire_id(struct rdb_writer *writer, struct stream_id id)
{
    uint8_t wire[STREAM_ID_WIRE];
    stream_id_to_wire(wire, id);
    sink_write(writer->sink, wire, sizeof(wire));
}

static void write_time(struct rdb_writer *writer, int64_t ms)
{
    uint8_t wire[TIME_BYTES];
    for (unsigned i = 0; i < sizeof(wire); i++) wire[i] = (uint8_t)((uint64_t)ms >> 8 * i);
    sink_write(writer->sink, wire, sizeof(wire));
}

static void write_nodes(struct rdb_writer *writer, const struct value *value)
{
    struct stream_node_cursor cursor = {0};
    const struct stream_node *node;
    uint8_t wire[STREAM_ID_WIRE];
    rdb_write_len(writer, stream_nodes(value));
    while (!writer->sink->failed && (node = stream_node_next(value, &cursor))) {
        struct packed run = stream_node_run(node);
        stream_id_to_wire(wire, node->first);
        rdb_write_string(writer, str_of((const char *)wire, sizeof(wire)));
        rdb_write_string(writer, packed_bytes(&run));
    }
}

static void write_facts(struct rdb_writer *writer, const struct stream_object *stream)
{
    rdb_write_len(writer, stream->len);
    write_id(writer, stream->last);
    write_id(writer, stream->first);
    write_id(writer, stream->deleted);
    rdb_write_len(writer, stream->added);
}

static void write_consumer(struct rdb_writer *writer, const struct stream_consumer *consumer)
{
    struct tree_cursor cursor;
    rdb_write_string(writer, stream_name_str(consumer->name));
    write_time(writer, consumer->seen_ms);
    rdb_write_len(writer, consumer->pendings.len);
    const struct stream_pending *pending =
        stream_pending_from(&consumer->pendings, &cursor, STREAM_ID_MIN);
    for (; pending && !writer->sink->failed; pending = stream_pending_next(&cursor))
        write_wire_id(writer, pending->id);
}

static void write_group(struct rdb_writer *writer, const struct stream_group *group)
{
    struct stream_name_cursor consumers = {0};
    const struct stream_consumer *consumer;
    struct tree_cursor cursor;
    rdb_write_string(writer, stream_name_str(group->name));
    write_id(writer, group->last);
    rdb_write_len(writer, (uint64_t)group->entries_read);
    rdb_write_len(writer, group->pendings.len);
    const struct stream_pending *pending =
        stream_pending_from(&group->pendings, &cursor, STREAM_ID_MIN);
    for (; pending && !writer->sink->failed; pending = stream_pending_next(&cursor)) {
        write_wire_id(writer, pending->id);
        write_time(writer, pending->delivered_ms);
        rdb_write_len(writer, pending->deliveries);
    }
    rdb_write_len(writer, group->consumers.len);
    while ((consumer = stream_consumer_next(group, &consumers))) write_consumer(writer, consumer);
}

static bool save(struct rdb_writer *writer, const struct value *value)
{
    struct stream_name_cursor cursor = {0};
    const struct stream_group *group;
    write_nodes(writer, value);
    write_facts(writer, value_stream(value));
    rdb_write_len(writer, stream_group_count(value));
    while (!writer->sink->failed && (group = stream_group_next(value, &cursor)))
        write_group(writer, group);
    return !writer->sink->failed;
}

/* --- loading --- */

/* A stream that is being read. */
struct load {
    struct rdb_reader *reader;
    struct stream_edit edit;
    int form;
};

static struct stream_object *object_of(const struct load *load)
{
    return value_stream(&load->edit.stream);
}

static bool read_id(struct load *load, struct stream_id *id)
{
    return rdb_read_len(load->reader, &id->ms) && rdb_read_len(load->reader, &id->seq);
}

static bool read_wire_id(struct load *load, struct stream_id *id)
{
    uint8_t wire[STREAM_ID_WIRE];
    if (!source_read(load->reader->source, wire, sizeof(wire))) return false;
    *id = stream_id_from_wire(wire);
    return true;
}

static bool read_time(struct load *load, int64_t *ms)
{
    uint8_t wire[TIME_BYTES];
    uint64_t number = 0;
    if (!source_read(load->reader->source, wire, sizeof(wire))) return false;
    for (unsigned i = 0; i < sizeof(wire); i++) number |= (uint64_t)wire[i] << 8 * i;
    *ms = (int64_t)number;
    return true;
}

/* Others keep nodes without live entries for a while. */
static bool read_node(struct load *load)
{
    struct str bytes;
    if (!rdb_read_string(load->reader, &bytes) || bytes.len != STREAM_ID_WIRE) return false;
    struct stream_id first = stream_id_from_wire((const uint8_t *)bytes.ptr);
    if (!rdb_read_string(load->reader, &bytes)) return false;
    struct stream_node *node = stream_node_from(load->edit.epochs, first, bytes);
    if (node == NULL) return false;
    if (node->live > 0) return stream_adopt_node(&load->edit, node);
    mem_free(node);
    return true;
}

static bool read_nodes(struct load *load)
{
    uint64_t count;
    bool done = rdb_read_len(load->reader, &count);
    for (; done && count > 0; count--) done = read_node(load);
    return done;
}

/* The id of the first entry is known by now, so what the bytes say about it means nothing. */
static bool read_counters(struct load *load, struct stream_facts *facts)
{
    struct stream_id first;
    if (load->form == FORM_5_0) {
        facts->added = object_of(load)->len;
        return true;
    }
    return read_id(load, &first) && read_id(load, &facts->deleted) &&
           rdb_read_len(load->reader, &facts->added);
}

static bool read_facts(struct load *load)
{
    const struct stream_object *stream = object_of(load);
    struct stream_facts facts = {0};
    uint64_t len;
    if (!rdb_read_len(load->reader, &len) || len != stream->len) return false;
    if (!read_id(load, &facts.last) || !read_counters(load, &facts)) return false;
    if (stream_id_cmp(facts.last, stream->last) < 0) return false;
    if (facts.added < len || facts.added > INT64_MAX) return false;
    stream_set_facts(&load->edit, &facts);
    return true;
}

/* --- loading groups --- */

/* What a group has pending, before it is known with whom. */
struct deliveries {
    struct buf list; /* struct stream_delivery, by id */
    size_t len;
};

static const struct stream_delivery *delivery_at(const struct deliveries *deliveries, size_t at)
{
    return (const struct stream_delivery *)(const void *)deliveries->list.ptr + at;
}

static const struct stream_delivery *delivery_of(const struct deliveries *deliveries,
                                                 struct stream_id id)
{
    size_t low = 0, high = deliveries->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct stream_delivery *delivery = delivery_at(deliveries, middle);
        int order = stream_id_cmp(id, delivery->id);
        if (order == 0) return delivery;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool read_deliveries(struct load *load, struct deliveries *deliveries)
{
    uint64_t count;
    if (!rdb_read_len(load->reader, &count)) return false;
    for (; count > 0; count--) {
        struct stream_delivery delivery;
        if (!read_wire_id(load, &delivery.id) || !read_time(load, &delivery.delivered_ms) ||
            !rdb_read_len(load->reader, &delivery.deliveries))
            return false;
        size_t len = deliveries->len;
        if (len && stream_id_cmp(delivery.id, delivery_at(deliveries, len - 1)->id) <= 0)
            return false;
        buf_append(&deliveries->list, &delivery, sizeof(delivery));
        deliveries->len++;
    }
    return true;
}

static bool read_consumer(struct load *load, struct stream_group *group,
                          const struct deliveries *deliveries)
{
    struct str name;
    uint64_t count;
    if (!rdb_read_string(load->reader, &name)) return false;
    struct stream_consumer *consumer = stream_consumer_create(&load->edit, group, name, 0);
    if (consumer == NULL || !read_time(load, &consumer->seen_ms)) return false;
    consumer->active_ms = consumer->seen_ms;
    if (load->form >= FORM_7_2 && !read_time(load, &consumer->active_ms)) return false;
    if (!rdb_read_len(load->reader, &count)) return false;
    for (; count > 0; count--) {
        struct stream_id id;
        if (!read_wire_id(load, &id)) return false;
        const struct stream_delivery *delivery = delivery_of(deliveries, id);
        if (delivery == NULL || stream_pending_find(&group->pendings, id)) return false;
        stream_pending_put(&load->edit, group, consumer, delivery);
    }
    return true;
}

/* Each pending entry must have found its one consumer in the end. */
static bool read_consumers(struct load *load, struct stream_group *group,
                           const struct deliveries *deliveries)
{
    uint64_t count;
    bool done = rdb_read_len(load->reader, &count);
    for (; done && count > 0; count--) done = read_consumer(load, group, deliveries);
    return done && group->pendings.len == deliveries->len;
}

static bool read_progress(struct load *load, struct stream_group *group)
{
    uint64_t entries_read;
    if (!read_id(load, &group->last)) return false;
    if (load->form == FORM_5_0) {
        group->entries_read = stream_entries_up_to(object_of(load), group->last);
        return true;
    }
    if (!rdb_read_len(load->reader, &entries_read)) return false;
    group->entries_read = (int64_t)entries_read;
    return group->entries_read >= STREAM_READ_UNKNOWN;
}

static bool read_group(struct load *load)
{
    struct deliveries deliveries = {0};
    struct str name;
    if (!rdb_read_string(load->reader, &name)) return false;
    struct stream_group *group =
        stream_group_create(&load->edit, name, STREAM_ID_MIN, STREAM_READ_UNKNOWN);
    bool done = group && read_progress(load, group) && read_deliveries(load, &deliveries) &&
                read_consumers(load, group, &deliveries);
    buf_deinit(&deliveries.list);
    return done;
}

static bool read_groups(struct load *load)
{
    uint64_t count;
    bool done = rdb_read_len(load->reader, &count);
    for (; done && count > 0; count--) done = read_group(load);
    return done;
}

static bool load_form(struct rdb_reader *reader, struct value *value, int form)
{
    struct epochs *epochs = &reader->ks->store->epochs;
    struct load load = {
        .reader = reader, .edit = {.stream = stream_new(epochs), .epochs = epochs}, .form = form};
    bool done = read_nodes(&load) && read_facts(&load) && read_groups(&load);
    *value = load.edit.stream;
    if (!done) value_drop(reader->ks, *value);
    return done;
}

static bool load_5_0(struct rdb_reader *reader, struct value *value)
{
    return load_form(reader, value, FORM_5_0);
}

static bool load_7_0(struct rdb_reader *reader, struct value *value)
{
    return load_form(reader, value, FORM_7_0);
}

static bool load_7_2(struct rdb_reader *reader, struct value *value)
{
    return load_form(reader, value, FORM_7_2);
}

const struct rdb_form rdb_stream_form = {
    .byte = FORM_7_0,
    .type = TYPE_STREAM,
    .encodings = 1 << ENC_TREE,
    .save = save,
    .load = load_7_0,
};

const struct rdb_form rdb_stream_5_0_form = {
    .byte = FORM_5_0, .type = TYPE_STREAM, .load = load_5_0};
const struct rdb_form rdb_stream_7_2_form = {
    .byte = FORM_7_2, .type = TYPE_STREAM, .load = load_7_2};
