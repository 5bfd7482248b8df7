#include "command/hash.h"
#include "command/hash_commands.h"
#include "command/scan_request.h"

enum { LEND_MIN = 16 * 1024 };

enum hash_found hash_find(struct call *call, struct str key, struct value *hash)
{
    bool failed;
    const struct entry *entry = lookup_type(call, key, LOOKUP_READ, TYPE_HASH, &failed);
    if (failed) return HASH_REFUSED;
    if (entry == NULL) return HASH_MISSING;
    *hash = entry_value(entry);
    return HASH_FOUND;
}

void hash_reply_value(struct call *call, const struct field *field)
{
    if (field->blob == NULL || field->value.len < LEND_MIN) {
        reply_bulk(call->reply, field->value);
        return;
    }
    struct chain_loan loan = {blob_unref, blob_ref(field->blob)};
    reply_bulk_lent(call->reply, field->value, loan);
}

/* The field the third argument names. */
static enum hash_found find_field(struct call *call, struct field *field)
{
    struct value hash;
    enum hash_found found = hash_find(call, call_arg(call, 1), &hash);
    if (found != HASH_FOUND) return found;
    return fields_get(&hash, call_arg(call, 2), field) ? HASH_FOUND : HASH_MISSING;
}

void hash_hget(struct call *call)
{
    struct field field;
    switch (find_field(call, &field)) {
    case HASH_FOUND:
        hash_reply_value(call, &field);
        break;
    case HASH_MISSING:
        reply_null(call->reply);
        break;
    case HASH_REFUSED:
        break;
    }
}

void hash_hstrlen(struct call *call)
{
    struct field field = {0};
    if (find_field(call, &field) != HASH_REFUSED) reply_i64(call->reply, (int64_t)field.value.len);
}

void hash_hexists(struct call *call)
{
    struct field field;
    enum hash_found found = find_field(call, &field);
    if (found != HASH_REFUSED) reply_i64(call->reply, found == HASH_FOUND);
}

void hash_hmget(struct call *call)
{
    struct value hash;
    enum hash_found found = hash_find(call, call_arg(call, 1), &hash);
    if (found == HASH_REFUSED) return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        struct field field;
        if (found == HASH_FOUND && fields_get(&hash, call_arg(call, i), &field))
            hash_reply_value(call, &field);
        else
            reply_null(call->reply);
    }
}

void hash_hlen(struct call *call)
{
    struct value hash;
    enum hash_found found = hash_find(call, call_arg(call, 1), &hash);
    if (found == HASH_REFUSED) return;
    reply_i64(call->reply, found == HASH_FOUND ? (int64_t)fields_len(&hash) : 0);
}

/* --- all fields --- */

enum part { PART_NAME = 1, PART_VALUE = 2 };

static void reply_all(struct call *call, unsigned parts)
{
    struct value hash;
    struct fields_cursor cursor = {0};
    struct field field;
    enum hash_found found = hash_find(call, call_arg(call, 1), &hash);
    if (found == HASH_REFUSED) return;
    size_t len = found == HASH_FOUND ? fields_len(&hash) : 0;
    if (parts == (PART_NAME | PART_VALUE))
        reply_map(call->reply, len);
    else
        reply_array(call->reply, len);
    while (len && fields_next(&hash, &cursor, &field)) {
        if (parts & PART_NAME) reply_bulk(call->reply, field.name);
        if (parts & PART_VALUE) hash_reply_value(call, &field);
    }
}

void hash_hkeys(struct call *call)
{
    reply_all(call, PART_NAME);
}

void hash_hvals(struct call *call)
{
    reply_all(call, PART_VALUE);
}

void hash_hgetall(struct call *call)
{
    reply_all(call, PART_NAME | PART_VALUE);
}

/* --- scanning --- */

static size_t reply_if_wanted(struct call *call, const struct scan_request *request,
                              const struct field *field)
{
    if (!scan_wants(request, field->name)) return 0;
    reply_bulk(call->reply, field->name);
    hash_reply_value(call, field);
    return 2;
}

static size_t scan_table(struct call *call, const struct scan_request *request,
                         const struct scan_found *all)
{
    size_t count = 0;
    struct field field;
    for (size_t i = 0; i < all->count; i++) {
        field_of_entry(all->list[i], &field);
        count += reply_if_wanted(call, request, &field);
    }
    return count;
}

static size_t scan_packed(struct call *call, const struct scan_request *request,
                          const struct value *hash)
{
    size_t count = 0;
    struct fields_cursor cursor = {0};
    struct field field;
    while (fields_next(hash, &cursor, &field)) count += reply_if_wanted(call, request, &field);
    return count;
}

static void scan(struct call *call, const struct scan_request *request, const struct value *hash)
{
    struct scan_found all = {0};
    struct reply_later later;
    bool is_table = hash->encoding == ENC_TABLE;
    uint64_t next = is_table ? scan_collect(value_table(hash), request, &all) : 0;
    reply_array(call->reply, 2);
    reply_u64_text(call->reply, next);
    reply_later_begin(call->reply, &later);
    size_t count = is_table ? scan_table(call, request, &all) : scan_packed(call, request, hash);
    reply_later_array(call->reply, &later, count);
    scan_found_deinit(&all);
}

void hash_hscan(struct call *call)
{
    struct scan_request request = {0};
    struct value hash;
    if (!scan_parse_cursor(call, 2, &request)) return;
    switch (hash_find(call, call_arg(call, 1), &hash)) {
    case HASH_FOUND:
        if (scan_parse_options(call, 3, &request)) scan(call, &request, &hash);
        break;
    case HASH_MISSING:
        reply_array(call->reply, 2);
        reply_u64_text(call->reply, 0);
        reply_array(call->reply, 0);
        break;
    case HASH_REFUSED:
        break;
    }
}
