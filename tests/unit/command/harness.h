/* Runs commands against a store of its own, without sockets: for tests of command families.
 *
 *     struct harness h;
 *     harness_init(&h, string_commands, generic_commands, NULL);
 *     assert_string_equal(harness_run(&h, "SET k v"), "+OK\r\n");
 *
 * A request is split like an inline command. The clock stands still at h.host.now_ms until a
 * test moves it. Effects of the last request are in h.effects, events in h.events ("set k;"). */
#ifndef SKEIN_TESTS_COMMAND_HARNESS_H
#define SKEIN_TESTS_COMMAND_HARNESS_H

#include "base/buf.h"
#include "base/words.h"
#include "command/execute.h"
#include "command/lookup.h"
#include "command/watch.h"

#include <stdarg.h>

enum { HARNESS_START_MS = 1700000000 };

struct harness {
    struct store store;
    struct command_settings settings;
    struct host host;
    struct registry registry;
    struct executor executor;
    struct watch_registry watches;
    struct session session;
    struct chain out;
    struct buf reply, effects, events;
    struct words words;
};

static inline void harness_on_event(void *owner, enum event_class what, const char *event,
                                    struct keyspace *ks, struct str key)
{
    struct harness *h = owner;
    (void)what;
    (void)ks;
    buf_printf(&h->events, "%s %.*s;", event, STR_ARG(key));
}

static inline void harness_on_effects(void *owner, const struct effects_unit *unit,
                                      struct str bytes)
{
    struct harness *h = owner;
    (void)unit;
    buf_append_str(&h->effects, bytes);
}

static inline void harness_init(struct harness *h, ...)
{
    memset(h, 0, sizeof(*h));
    store_init(&h->store, 16, (struct hash_seed){1, 2});
    h->settings = (struct command_settings){
        .proto_max_bulk_len = 512 << 20,
        .hash_max_listpack_entries = 128,
        .hash_max_listpack_value = 64,
        .list_max_listpack_size = -2,
        .set_max_intset_entries = 512,
        .set_max_listpack_entries = 128,
        .set_max_listpack_value = 64,
        .zset_max_listpack_entries = 128,
        .zset_max_listpack_value = 64,
        .stream_node_max_bytes = 4096,
        .stream_node_max_entries = 100,
        .hll_sparse_max_bytes = 3000,
        .lfu_log_factor = 10,
        .lfu_decay_time = 1,
        .active_expire = true,
    };
    h->host = (struct host){.store = &h->store,
                            .settings = &h->settings,
                            .events_wanted = UINT32_MAX,
                            .effects_wanted = true,
                            .now_ms = HARNESS_START_MS,
                            .now_us = (int64_t)HARNESS_START_MS * 1000,
                            .owner = h,
                            .on_event = harness_on_event};
    watch_init(&h->watches, &h->host, (struct hash_seed){3, 4});
    h->host.watches = &h->watches;
    registry_init(&h->registry);
    executor_init(&h->executor, &h->host, &h->registry);
    h->executor.owner = h;
    h->executor.on_effects = harness_on_effects;
    session_init(&h->session, 1, &h->out);
    h->session.authenticated = true;
    va_list tables;
    va_start(tables, h);
    for (const struct command *t; (t = va_arg(tables, const struct command *));) {
        registry_add(&h->registry, t);
    }
    va_end(tables);
}

static inline void harness_deinit(struct harness *h)
{
    session_deinit(&h->session);
    watch_deinit(&h->watches);
    executor_deinit(&h->executor);
    registry_deinit(&h->registry);
    store_deinit(&h->store);
    chain_deinit(&h->out);
    buf_deinit(&h->reply);
    buf_deinit(&h->effects);
    buf_deinit(&h->events);
    words_deinit(&h->words);
}

/* Runs one request and returns the bytes of its reply, valid until the next one. */
static inline const char *harness_run_argv(struct harness *h, const struct str *argv, int argc)
{
    struct request_view request = {.argv = argv, .argc = argc};
    buf_clear(&h->reply);
    buf_clear(&h->effects);
    buf_clear(&h->events);
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    chain_copy(&h->out, buf_reserve(&h->reply, h->out.len + 1));
    h->reply.len = h->out.len;
    chain_consume(&h->out, h->out.len);
    return buf_c(&h->reply);
}

static inline const char *harness_run(struct harness *h, const char *line)
{
    if (!words_split(&h->words, str_from_c(line))) return "unbalanced quotes";
    return harness_run_argv(h, h->words.list, (int)h->words.count);
}

#endif
