#include "command/set.h"

#include "command/scan_request.h"
#include "command/set_commands.h"

struct members_limits set_limits(const struct call *call)
{
    const struct command_settings *settings = call->host->settings;
    return (struct members_limits){
        .integers = (size_t)settings->set_max_intset_entries,
        .entries = (size_t)settings->set_max_listpack_entries,
        .bytes = (size_t)settings->set_max_listpack_value,
    };
}

bool set_begin(struct set_change *change, struct call *call, struct str key)
{
    bool failed;
    *change = (struct set_change){.call = call, .key = key};
    change->entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_SET, &failed);
    if (failed) return false;
    change->edit.store = call->host->store;
    change->edit.limits = set_limits(call);
    if (change->entry) change->edit.set = entry_value(change->entry);
    return true;
}

struct members_edit *set_writable(struct set_change *change, struct str first, size_t expected)
{
    if (change->entry) {
        keyspace_writable_object(change->call->ks, &change->entry);
        change->edit.set = entry_value(change->entry);
    } else {
        members_begin(&change->edit, first, expected);
    }
    return &change->edit;
}

void set_end(struct set_change *change, const char *event)
{
    struct call *call = change->call;
    struct value set = change->edit.set;
    if (change->entry) {
        keyspace_relink_object(call->ks, change->entry, set);
    } else {
        keyspace_put(call->ks, change->key, set, NO_EXPIRY);
        call_event(call, EVENT_NEW, "new", change->key);
    }
    call_changed(call, change->key);
    call_event(call, EVENT_SET, event, change->key);
    if (members_len(&set) > 0) return;
    lookup_delete(call, change->key);
    call_event(call, EVENT_GENERIC, "del", change->key);
}

static bool has(const struct set_change *change, struct str name)
{
    return change->entry && members_has(&change->edit.set, name);
}

/* The first argument from `from` on whose being in the set is `wanted`; argc when there is none.
 * As long as nothing is to be done, nothing is copied or announced. */
static int first_that(const struct set_change *change, int from, bool wanted)
{
    const struct call *call = change->call;
    while (from < call->argc && has(change, call_arg(call, from)) != wanted) from++;
    return from;
}

void set_sadd(struct call *call)
{
    struct set_change change;
    if (!set_begin(&change, call, call_arg(call, 1))) return;
    int64_t added = 0;
    int first = first_that(&change, 2, false);
    if (first < call->argc) {
        size_t count = (size_t)call->argc - 2;
        struct members_edit *edit = set_writable(&change, call_arg(call, 2), count);
        members_expect(edit, count);
        for (int i = first; i < call->argc; i++) added += members_add(edit, call_arg(call, i));
        set_end(&change, "sadd");
        call->changes += (uint64_t)added - 1;
    }
    reply_i64(call->reply, added);
}

void set_srem(struct call *call)
{
    struct set_change change;
    if (!set_begin(&change, call, call_arg(call, 1))) return;
    int64_t removed = 0;
    int first = first_that(&change, 2, true);
    if (first < call->argc) {
        struct members_edit *edit = set_writable(&change, call_arg(call, first), 1);
        for (int i = first; i < call->argc; i++) removed += members_remove(edit, call_arg(call, i));
        set_end(&change, "srem");
        call->changes += (uint64_t)removed - 1;
    }
    reply_i64(call->reply, removed);
}

static void move_member(struct set_change *from, struct set_change *to, struct str name)
{
    members_remove(set_writable(from, name, 1), name);
    set_end(from, "srem");
    if (has(to, name)) return;
    members_add(set_writable(to, name, 1), name);
    set_end(to, "sadd");
}

void set_smove(struct call *call)
{
    struct str source = call_arg(call, 1), target = call_arg(call, 2), name = call_arg(call, 3);
    struct entry *there = lookup(call, source, LOOKUP_WRITE);
    struct set_change from, to;
    if (there == NULL) {
        lookup(call, target, LOOKUP_WRITE);
        reply_i64(call->reply, 0);
        return;
    }
    if (!set_begin(&from, call, source) || !set_begin(&to, call, target)) return;
    bool moves = has(&from, name);
    if (moves && !str_eq(source, target)) move_member(&from, &to, name);
    reply_i64(call->reply, moves);
}

/* --- reading --- */

/* The set under the first key; a missing one is an entry of NULL. False after an error. */
static bool find(struct call *call, const struct entry **entry, struct value *set)
{
    bool failed;
    *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_SET, &failed);
    if (*entry) *set = entry_value(*entry);
    return !failed;
}

void set_sismember(struct call *call)
{
    const struct entry *entry;
    struct value set;
    if (!find(call, &entry, &set)) return;
    reply_i64(call->reply, entry && members_has(&set, call_arg(call, 2)));
}

void set_smismember(struct call *call)
{
    const struct entry *entry;
    struct value set;
    if (!find(call, &entry, &set)) return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        reply_i64(call->reply, entry && members_has(&set, call_arg(call, i)));
    }
}

void set_scard(struct call *call)
{
    const struct entry *entry;
    struct value set;
    if (find(call, &entry, &set)) reply_i64(call->reply, entry ? (int64_t)members_len(&set) : 0);
}

void set_reply_all(struct call *call, const struct value *set)
{
    struct members_cursor cursor = {0};
    struct member member;
    reply_set(call->reply, members_len(set));
    while (members_next(set, &cursor, &member)) reply_bulk(call->reply, member.name);
}

void set_smembers(struct call *call)
{
    const struct entry *entry;
    struct value set;
    if (!find(call, &entry, &set)) return;
    if (entry)
        set_reply_all(call, &set);
    else
        reply_set(call->reply, 0);
}

static size_t reply_if_wanted(struct call *call, const struct scan_request *request,
                              struct str name)
{
    if (!scan_wants(request, name)) return 0;
    reply_bulk(call->reply, name);
    return 1;
}

static size_t scan_whole(struct call *call, const struct scan_request *request,
                         const struct value *set)
{
    struct members_cursor cursor = {0};
    struct member member;
    size_t count = 0;
    while (members_next(set, &cursor, &member))
        count += reply_if_wanted(call, request, member.name);
    return count;
}

static void scan(struct call *call, const struct scan_request *request, const struct value *set)
{
    struct scan_found all = {0};
    struct reply_later later;
    size_t count = 0;
    bool is_table = set->encoding == ENC_TABLE;
    uint64_t next = is_table ? scan_collect(value_table(set), request, &all) : 0;
    reply_array(call->reply, 2);
    reply_u64_text(call->reply, next);
    reply_later_begin(call->reply, &later);
    for (size_t i = 0; i < all.count; i++) {
        count += reply_if_wanted(call, request, entry_key(all.list[i]));
    }
    if (!is_table) count = scan_whole(call, request, set);
    reply_later_array(call->reply, &later, count);
    scan_found_deinit(&all);
}

void set_sscan(struct call *call)
{
    struct scan_request request = {0};
    const struct entry *entry;
    struct value set;
    if (!scan_parse_cursor(call, 2, &request) || !find(call, &entry, &set)) return;
    if (entry == NULL) {
        reply_array(call->reply, 2);
        reply_u64_text(call->reply, 0);
        reply_array(call->reply, 0);
    } else if (scan_parse_options(call, 3, &request)) {
        scan(call, &request, &set);
    }
}
