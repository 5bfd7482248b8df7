#include "command/hash.h"

#include "command/errors.h"
#include "command/hash_commands.h"

#include <math.h>

/* A hash that is being written to. Nothing is linked until hash_end, which also removes a hash
 * left empty. */
struct hash_change {
    struct call *call;
    struct str key;
    struct entry *entry; /* NULL: the key is new */
    struct fields_edit edit;
};

/* False after an error. */
static bool begin(struct hash_change *change, struct call *call)
{
    bool failed;
    *change = (struct hash_change){.call = call, .key = call_arg(call, 1)};
    change->entry = lookup_type(call, change->key, LOOKUP_WRITE, TYPE_HASH, &failed);
    if (failed) return false;
    const struct command_settings *settings = call->host->settings;
    change->edit.store = call->host->store;
    change->edit.limits = (struct fields_limits){
        .entries = (size_t)settings->hash_max_listpack_entries,
        .bytes = (size_t)settings->hash_max_listpack_value,
    };
    if (change->entry) change->edit.hash = entry_value(change->entry);
    return true;
}

/* The hash as one to write to, made now if there is none. */
static struct fields_edit *writable(struct hash_change *change)
{
    struct keyspace *ks = change->call->ks;
    if (change->entry) {
        keyspace_writable_object(ks, &change->entry);
        change->edit.hash = entry_value(change->entry);
    } else {
        change->edit.hash = fields_new(change->edit.store);
    }
    return &change->edit;
}

static void end(struct hash_change *change, const char *event)
{
    struct call *call = change->call;
    struct keyspace *ks = call->ks;
    struct value hash = change->edit.hash;
    if (change->entry) {
        keyspace_relink_object(ks, change->entry, hash);
    } else {
        keyspace_put(ks, change->key, hash, NO_EXPIRY);
        call_event(call, EVENT_NEW, "new", change->key);
    }
    call_changed(call, change->key);
    call_event(call, EVENT_HASH, event, change->key);
    if (fields_len(&hash) > 0) return;
    lookup_delete(call, change->key);
    call_event(call, EVENT_GENERIC, "del", change->key);
}

/* --- setting --- */

/* False after an error. */
static bool set_pairs(struct call *call, int64_t *created)
{
    struct hash_change change;
    if (call->argc % 2) {
        call_arity_error(call);
        return false;
    }
    if (!begin(&change, call)) return false;
    struct fields_edit *edit = writable(&change);
    *created = 0;
    fields_expect(edit, call->argv + 2, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i += 2) {
        *created += fields_set(edit, call_arg(call, i), call_arg(call, i + 1));
    }
    end(&change, "hset");
    call->changes += (uint64_t)call->argc / 2 - 2;
    return true;
}

void hash_hset(struct call *call)
{
    int64_t created;
    if (set_pairs(call, &created)) reply_i64(call->reply, created);
}

void hash_hmset(struct call *call)
{
    int64_t created;
    if (set_pairs(call, &created)) reply_ok(call->reply);
}

static bool has_field(const struct hash_change *change, struct str name, struct field *field)
{
    return change->entry && fields_get(&change->edit.hash, name, field);
}

void hash_hsetnx(struct call *call)
{
    struct hash_change change;
    struct field field;
    if (!begin(&change, call)) return;
    bool exists = has_field(&change, call_arg(call, 2), &field);
    if (!exists) {
        fields_set(writable(&change), call_arg(call, 2), call_arg(call, 3));
        end(&change, "hset");
    }
    reply_i64(call->reply, !exists);
}

void hash_hdel(struct call *call)
{
    struct hash_change change;
    int64_t removed = 0;
    if (!begin(&change, call)) return;
    struct field field;
    int first = 2; /* nothing is copied as long as nothing is found */
    while (first < call->argc && !has_field(&change, call_arg(call, first), &field)) first++;
    if (first < call->argc) {
        struct fields_edit *edit = writable(&change);
        for (int i = first; i < call->argc; i++) removed += fields_remove(edit, call_arg(call, i));
        end(&change, "hdel");
        call->changes += (uint64_t)removed - 1;
    }
    reply_i64(call->reply, removed);
}

/* --- numbers --- */

void hash_hincrby(struct call *call)
{
    struct hash_change change;
    struct field field;
    int64_t increment, number = 0;
    if (!call_i64(call, 3, &increment) || !begin(&change, call)) return;
    if (has_field(&change, call_arg(call, 2), &field) && !num_parse_i64(field.value, &number)) {
        reply_error(call->reply, "ERR hash value is not an integer");
        return;
    }
    if (!num_add_i64(number, increment, &number)) {
        reply_error(call->reply, ERR_OVERFLOW);
        return;
    }
    char digits[NUM_I64_MAX];
    struct str text = str_of(digits, num_format_i64(digits, number));
    fields_set(writable(&change), call_arg(call, 2), text);
    end(&change, "hincrby");
    reply_i64(call->reply, number);
}

/* The increment as a finite number; answers the error. */
static bool parse_increment(struct call *call, long double *increment)
{
    if (!num_parse_long_double(call_arg(call, 3), increment)) {
        reply_error(call->reply, ERR_NOT_FLOAT);
        return false;
    }
    if (isfinite(*increment)) return true;
    reply_error(call->reply, "ERR value is NaN or Infinity");
    return false;
}

void hash_hincrbyfloat(struct call *call)
{
    struct hash_change change;
    struct field field;
    long double increment, number = 0;
    if (!parse_increment(call, &increment) || !begin(&change, call)) return;
    struct str name = call_arg(call, 2);
    if (has_field(&change, name, &field) && !num_parse_long_double(field.value, &number)) {
        reply_error(call->reply, "ERR hash value is not a float");
        return;
    }
    number += increment;
    if (!isfinite(number)) {
        reply_error(call->reply, ERR_NAN_OR_INF);
        return;
    }
    char room[NUM_DOUBLE_MAX];
    struct str digits = str_of(room, num_format_human(room, number));
    fields_set(writable(&change), name, digits);
    end(&change, "hincrbyfloat");
    /* Floating point may give other digits on another machine, so others get the result. */
    EFFECTS_ADD(call->effects, STR("HSET"), change.key, name, digits);
    reply_bulk(call->reply, digits);
}
