#include "base/mem.h"
#include "command/errors.h"
#include "command/hash.h"
#include "command/hash_commands.h"
#include "command/random_count.h"

/* HRANDFIELD key count: what is answered, and the hash it comes from. */
struct random_request {
    struct call *call;
    struct value hash;
    struct prng *prng;
    int64_t count;
    bool with_values;
};

static void reply_field(const struct random_request *request, const struct field *field)
{
    struct reply *reply = request->call->reply;
    if (request->with_values && reply->version >= 3) reply_array(reply, 2);
    reply_bulk(reply, field->name);
    if (request->with_values) hash_reply_value(request->call, field);
}

/* RESP3 has an array of pairs, RESP2 one flat array. */
static void reply_length(const struct random_request *request, size_t fields)
{
    struct reply *reply = request->call->reply;
    bool is_flat = request->with_values && reply->version < 3;
    reply_array(reply, is_flat ? fields * 2 : fields);
}

/* The offsets of all fields of a packed hash, so that each pick is one step. */
static size_t *packed_offsets(const struct packed *packed, size_t len)
{
    size_t *offsets = mem_alloc((len + 1) * sizeof(*offsets)), at = packed_first(packed);
    for (size_t i = 0; i < len; i++) {
        offsets[i] = at;
        at = packed_next(packed, packed_next(packed, at));
    }
    return offsets;
}

static void reply_repeated(const struct random_request *request)
{
    size_t count = (size_t)-request->count, len = fields_len(&request->hash);
    bool is_table = request->hash.encoding == ENC_TABLE;
    size_t *offsets = is_table ? NULL : packed_offsets(value_packed(&request->hash), len);
    struct field field;
    reply_length(request, count);
    for (size_t i = 0; i < count; i++) {
        if (is_table) {
            field_of_entry(table_random(value_table(&request->hash), request->prng), &field);
        } else {
            size_t at = offsets[prng_below(request->prng, len)];
            field_at(value_packed(&request->hash), at, &field);
        }
        reply_field(request, &field);
    }
    mem_free(offsets);
}

static void reply_picked_of_table(const struct random_request *request, size_t count)
{
    struct entry **picked = mem_alloc(count * sizeof(struct entry *));
    struct field field;
    table_pick(value_table(&request->hash), request->prng, picked, count);
    for (size_t i = 0; i < count; i++) {
        field_of_entry(picked[i], &field);
        reply_field(request, &field);
    }
    mem_free(picked);
}

static void reply_different(const struct random_request *request)
{
    size_t len = fields_len(&request->hash), count = (size_t)request->count;
    if (count > len) count = len;
    reply_length(request, count);
    if (count < len && request->hash.encoding == ENC_TABLE) {
        reply_picked_of_table(request, count);
        return;
    }
    struct selection selection = {.left = len, .needed = count};
    struct fields_cursor cursor = {0};
    struct field field;
    while (selection.needed && fields_next(&request->hash, &cursor, &field)) {
        if (selection_takes(&selection, request->prng)) reply_field(request, &field);
    }
}

static void reply_one(const struct random_request *request)
{
    struct field field;
    if (request->hash.encoding == ENC_TABLE) {
        field_of_entry(table_random(value_table(&request->hash), request->prng), &field);
    } else {
        const struct packed *packed = value_packed(&request->hash);
        size_t at = prng_below(request->prng, fields_len(&request->hash));
        field_at(packed, packed_seek(packed, (int64_t)at * 2), &field);
    }
    reply_bulk(request->call->reply, field.name);
}

static bool parse(struct call *call, struct random_request *request)
{
    *request = (struct random_request){.call = call, .prng = &call->host->store->prng, .count = 1};
    if (call->argc >= 3 && !random_count_arg(call, 2, &request->count)) return false;
    request->with_values = call->argc == 4 && call_is(call, 3, "withvalues");
    if (call->argc > 4 || (call->argc == 4 && !request->with_values)) {
        call_syntax_error(call);
        return false;
    }
    if (!request->with_values) return true;
    if (request->count >= -INT64_MAX / 2 && request->count <= INT64_MAX / 2) return true;
    reply_error(call->reply, ERR_OUT_OF_RANGE);
    return false;
}

void hash_hrandfield(struct call *call)
{
    struct random_request request;
    if (!parse(call, &request)) return;
    bool is_list = call->argc > 2;
    enum hash_found found = hash_find(call, call_arg(call, 1), &request.hash);
    if (found == HASH_REFUSED) return;
    if (found == HASH_MISSING && !is_list)
        reply_null(call->reply);
    else if (found == HASH_MISSING || request.count == 0)
        reply_array(call->reply, 0);
    else if (!is_list)
        reply_one(&request);
    else if (request.count > 0)
        reply_different(&request);
    else if (random_count_allowed(call, request.count))
        reply_repeated(&request);
}
