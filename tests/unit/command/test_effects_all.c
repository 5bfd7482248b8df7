/* Proves that effects say everything: random requests of every command that may change something
 * run against one store, plain, in transactions, in scripts, and by clients that waited; another
 * store, with another clock and other tables, is told the effects alone. After each request both
 * hold the same keys with the same values, expiries and stream groups, and the same functions.
 *
 * A row without a template fails, and so does one whose requests never left an effect. */
#include "command/blocking.h"
#include "command/families.h"
#include "server/digest.h"
#include "server/families.h"
#include "unit/command/requests.h"
#include "unit/command/stream_text.h"
#include "unit/script/world.h"

#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROUNDS = 10 };
#else
enum { ROUNDS = 100 };
#endif
enum { AFRESH = 40 }; /* rounds until keys of wrong types are forgotten */
enum { EFFECTS_AT_LEAST = 2, REPLICA_IS_AHEAD_MS = 1500, CLOCK_STEP_MS = 40 };

/* What must hold of a script's functions. */
static const char *const SCRIPTS[] = {
    "return redis.call('SET', KEYS[1], ARGV[1], 'PX', 900)",
    "redis.call('RPUSH', 'list:0', ARGV[1]) return redis.call('SPOP', 'set:1')",
    "redis.call('INCRBYFLOAT', 'string:2', '0.1') redis.pcall('LPOP', KEYS[1]) "
    "return redis.call('EXPIRE', KEYS[1], 2)",
};
enum { SCRIPT_COUNT = sizeof(SCRIPTS) / sizeof(SCRIPTS[0]) };

/* Runs requests given one after another: their lengths, then their words. */
static const char RELAY[] = "local at = 2 + tonumber(ARGV[1]) "
                            "for i = 2, 1 + tonumber(ARGV[1]) do "
                            "  local last = at + tonumber(ARGV[i]) - 1 "
                            "  redis.pcall(unpack(ARGV, at, last)) "
                            "  at = last + 1 "
                            "end";

struct twins {
    struct harness master, replica;
    struct blocking blocking;
    struct session waiter; /* may block */
    struct chain waiter_out;
    struct request_source source;
    struct buf shas, said; /* what is shown when they differ */
    size_t effects;        /* all there were */
    size_t reached;        /* how often the row's own request left some */
};

/* --- the replica's side --- */

static struct str take_line(struct str *bytes)
{
    ptrdiff_t end = str_find(*bytes, STR("\r\n"));
    assert_true(end > 0);
    struct str line = str_from(str_first(*bytes, (size_t)end), 1);
    *bytes = str_from(*bytes, (size_t)end + 2);
    return line;
}

static int64_t take_number(struct str *bytes)
{
    int64_t number = -1;
    assert_true(num_parse_i64(take_line(bytes), &number));
    return number;
}

static void show(struct twins *twins, const char *what, const struct str *argv, int argc)
{
    buf_append_c(&twins->said, what);
    for (int i = 0; i < argc; i++) {
        buf_append_char(&twins->said, ' ');
        buf_append_quoted(&twins->said, argv[i]);
    }
    buf_append_char(&twins->said, '\n');
}

static void apply_request(struct twins *twins, const struct str *argv, int argc)
{
    struct harness *replica = &twins->replica;
    struct request_view request = {.argv = argv, .argc = argc};
    uint64_t errors = replica->session.reply.errors;
    show(twins, "  effect:", argv, argc);
    execute(&replica->executor, &replica->session, &request, ORIGIN_MASTER);
    if (replica->session.reply.errors != errors) {
        print_error("%s  was refused\n", buf_c(&twins->said));
        fail();
    }
    chain_consume(&replica->out, replica->out.len);
}

static void on_effects(void *owner, const struct effects_unit *unit, struct str bytes)
{
    struct twins *twins = owner;
    struct str argv[1024];
    twins->replica.session.db = unit->first_db;
    while (bytes.len) {
        int64_t argc = take_number(&bytes);
        assert_in_range(argc, 1, 1024);
        for (int i = 0; i < argc; i++) {
            size_t len = (size_t)take_number(&bytes);
            argv[i] = str_first(bytes, len);
            bytes = str_from(bytes, len + 2);
        }
        apply_request(twins, argv, (int)argc);
        twins->effects++;
    }
    assert_int_equal(twins->replica.session.db, unit->last_db);
}

static void differ(struct twins *twins, int db, struct str key, const char *what)
{
    print_error("%s  %s of %d/%.*s differs\n", buf_c(&twins->said), what, db, STR_ARG(key));
    fail();
}

static void compare_streams(struct twins *twins, int db, const struct entry *ours,
                            const struct entry *theirs)
{
    struct buf texts[2] = {0};
    struct value values[2] = {entry_value(ours), entry_value(theirs)};
    for (int i = 0; i < 2; i++) stream_text(&texts[i], &values[i]);
    if (!str_eq(buf_str(&texts[0]), buf_str(&texts[1]))) {
        print_error("ours:   %s\ntheirs: %s\n", buf_c(&texts[0]), buf_c(&texts[1]));
        differ(twins, db, entry_key(ours), "the stream");
    }
    for (int i = 0; i < 2; i++) buf_deinit(&texts[i]);
}

static void compare_entries(struct twins *twins, int db, const struct entry *ours)
{
    struct str key = entry_key(ours);
    struct entry *theirs = keyspace_find(&twins->replica.store.dbs[db], key);
    if (theirs == NULL) differ(twins, db, key, "the existence");
    struct digest digests[2] = {0};
    digest_entry(&digests[0], ours);
    digest_entry(&digests[1], theirs);
    if (memcmp(digests[0].bytes, digests[1].bytes, DIGEST_BYTES) != 0)
        differ(twins, db, key, "the value");
    if (entry_expire_at(ours) != entry_expire_at(theirs)) differ(twins, db, key, "the expiry");
    if (entry_type(ours) == TYPE_STREAM) compare_streams(twins, db, ours, theirs);
}

static void compare_stores(struct twins *twins)
{
    for (int db = 0; db < twins->master.store.db_count; db++) {
        struct keyspace *ours = &twins->master.store.dbs[db];
        struct table_cursor cursor = {0};
        for (struct entry *entry; (entry = table_next(&ours->table, &cursor));)
            compare_entries(twins, db, entry);
        if (ours->table.len != twins->replica.store.dbs[db].table.len)
            differ(twins, db, STR("*"), "the number of keys");
    }
}

/* Functions are compared by what FUNCTION LIST tells of each library. */
static void compare_functions(struct twins *twins)
{
    static const char *const REQUESTS[] = {"FUNCTION LIST LIBRARYNAME lib0 WITHCODE",
                                           "FUNCTION LIST LIBRARYNAME lib1 WITHCODE"};
    for (int i = 0; i < 2; i++) {
        const char *ours = harness_run(&twins->master, REQUESTS[i]);
        if (strcmp(ours, harness_run(&twins->replica, REQUESTS[i])) != 0)
            differ(twins, 0, STR("functions"), "the code");
    }
}

/* --- the master's side --- */

static void run_as(struct twins *twins, struct session *session, const struct str *argv, int argc)
{
    struct request_view request = {.argv = argv, .argc = argc};
    execute(&twins->master.executor, session, &request, ORIGIN_CLIENT);
    chain_consume(&twins->master.out, twins->master.out.len);
    chain_consume(&twins->waiter_out, twins->waiter_out.len);
    blocking_serve(&twins->blocking);
}

static void run(struct twins *twins, const struct str *argv, int argc)
{
    run_as(twins, &twins->master.session, argv, argc);
}

/* The bulk string that a request answers, as bytes of the reply's buffer; empty for null. */
static struct str ask(struct twins *twins, const char *line)
{
    struct harness *h = &twins->master;
    harness_run(h, line);
    struct str reply = buf_str(&h->reply);
    if (reply.len < 4 || reply.ptr[0] != '$' || reply.ptr[1] == '-') return (struct str){0};
    int64_t len = take_number(&reply);
    return str_first(reply, (size_t)len);
}

static void append_dump(struct twins *twins, struct buf *out)
{
    char line[64];
    static const char *const TYPES[] = {"string", "list", "set", "zset", "hash", "stream", "hll"};
    snprintf(line, sizeof(line), "DUMP %s:%u", TYPES[prng_below(&twins->source.prng, 7)],
             (unsigned)prng_below(&twins->source.prng, 3));
    struct str dump = ask(twins, line);
    if (dump.len == 0) {
        harness_run(&twins->master, "SET string:0 x");
        dump = ask(twins, "DUMP string:0");
    }
    buf_append_str(out, dump);
}

static void append_code(struct request_source *source, struct buf *out)
{
    unsigned library = (unsigned)prng_below(&source->prng, 2);
    unsigned version = (unsigned)prng_below(&source->prng, 5);
    buf_printf(out,
               "#!lua name=lib%u\nredis.register_function('fn%u', function(keys, args)\n"
               "redis.call('APPEND', keys[1], args[1] .. '%u')\n"
               "return redis.call('HINCRBYFLOAT', 'hash:0', 'f1', '0.5') end)",
               library, library, version);
}

static bool special_value(void *owner, struct str name, struct buf *out)
{
    struct twins *twins = owner;
    struct prng *prng = &twins->source.prng;
    size_t script = (size_t)prng_below(prng, SCRIPT_COUNT);
    if (str_is(name, "script"))
        buf_append_c(out, SCRIPTS[script]);
    else if (str_is(name, "sha"))
        buf_append_str(out, str_of(twins->shas.ptr + script * SCRIPT_SHA_LEN, SCRIPT_SHA_LEN));
    else if (str_is(name, "function"))
        buf_printf(out, "fn%u", (unsigned)prng_below(prng, 2));
    else if (str_is(name, "lex"))
        buf_append_c(out, prng_below(prng, 2) ? "(m5" : "[m3");
    else if (str_is(name, "code"))
        append_code(&twins->source, out);
    else if (str_is(name, "functions"))
        buf_append_str(out, ask(twins, "FUNCTION DUMP"));
    else if (str_is(name, "dump"))
        append_dump(twins, out);
    else
        return false;
    return true;
}

/* --- in which way --- */

static void run_in_transaction(struct twins *twins, const struct request *requests, size_t count)
{
    run(twins, &STR("MULTI"), 1);
    for (size_t i = 0; i < count; i++) run(twins, requests[i].argv, requests[i].argc);
    run(twins, &STR("EXEC"), 1);
}

static void run_in_script(struct twins *twins, const struct request *requests, size_t count)
{
    struct str argv[4 + 4 + 4 * REQUEST_WORDS_MAX] = {STR("EVAL"), str_from_c(RELAY), STR("0")};
    char lens[4][NUM_I64_MAX], number[NUM_I64_MAX];
    int argc = 3;
    argv[argc++] = str_of(number, num_format_u64(number, count));
    for (size_t i = 0; i < count; i++)
        argv[argc++] = str_of(lens[i], num_format_i64(lens[i], requests[i].argc));
    for (size_t i = 0; i < count; i++)
        for (int j = 0; j < requests[i].argc; j++) argv[argc++] = requests[i].argv[j];
    run(twins, argv, argc);
}

/* The waiter may block and be served by what others do later; it gives up at last. */
static void run_as_waiter(struct twins *twins, const struct request *requests, size_t count)
{
    if (!session_is(&twins->waiter, SESSION_BLOCKED))
        run_as(twins, &twins->waiter, requests[0].argv, requests[0].argc);
    for (size_t i = 1; i < count; i++) run(twins, requests[i].argv, requests[i].argc);
}

enum { TOGETHER = 3 };

/* Mostly what makes data for others to work on. */
static const char *random_template(struct twins *twins)
{
    static const char *const MAKERS[] = {"set",           "rpush",      "sadd",         "zadd",
                                         "hset",          "geoadd",     "pfadd",        "xadd",
                                         "xgroup|create", "xreadgroup", "function|load"};
    const struct registry *registry = &twins->master.registry;
    if (prng_below(&twins->source.prng, 16) == 0) return "SELECT <db>";
    if (prng_below(&twins->source.prng, 5))
        return request_template(
            MAKERS[prng_below(&twins->source.prng, sizeof(MAKERS) / sizeof(MAKERS[0]))]);
    for (;;) {
        size_t pick = (size_t)prng_below(&twins->source.prng, (uint64_t)registry->count);
        const char *template = request_template(registry->refs[pick]->full_name);
        if (template && strncmp(template, "FLUSH", 5) != 0) return template;
    }
}

/* One request of the row with others of any, to have something to work on. */
static void step(struct twins *twins, const char *template)
{
    struct request requests[TOGETHER] = {0};
    struct prng *prng = &twins->source.prng;
    buf_clear(&twins->said);
    twins->source.now_ms = twins->master.host.now_ms;
    size_t row_at = (size_t)prng_below(prng, TOGETHER);
    for (size_t i = 0; i < TOGETHER; i++) {
        const char *one = i == row_at ? template : random_template(twins);
        if (!request_draw(&twins->source, one, &requests[i])) fail_msg("%s: no such domain", one);
        show(twins, "request:", requests[i].argv, requests[i].argc);
    }
    switch (prng_below(prng, 5)) {
    case 0:
        run_in_transaction(twins, requests, TOGETHER);
        break;
    case 1:
        run_in_script(twins, requests, TOGETHER);
        break;
    case 2:
        run_as_waiter(twins, requests, TOGETHER);
        break;
    default:
        for (size_t i = 0; i < TOGETHER; i++) {
            size_t before = twins->effects;
            run(twins, requests[i].argv, requests[i].argc);
            if (i == row_at) twins->reached += twins->effects > before;
        }
    }
    run(twins, (const struct str[]){STR("SELECT"), STR("0")}, 2);
    if (prng_below(prng, 2)) blocking_unblock(&twins->blocking, &twins->waiter, false);
    for (size_t i = 0; i < TOGETHER; i++) request_deinit(&requests[i]);
}

static void move_clocks(struct twins *twins)
{
    struct host *host = &twins->master.host;
    host->now_ms += (int64_t)prng_below(&twins->source.prng, 2 * CLOCK_STEP_MS);
    host->now_us = host->now_ms * 1000;
    twins->replica.host.now_ms = host->now_ms + REPLICA_IS_AHEAD_MS;
    twins->replica.host.now_us = twins->replica.host.now_ms * 1000;
}

/* --- the tests --- */

static void start_one(struct harness *h, uint64_t seed)
{
    harness_init(h, NULL);
    for (size_t i = 0; all_families[i]; i++) registry_add(&h->registry, all_families[i]);
    store_deinit(&h->store);
    store_init(&h->store, 16, (struct hash_seed){seed, 2});
    h->host.on_event = NULL;
    h->host.scripts = script_engine_new(&h->host);
}

static int start(void **state)
{
    static struct twins twins;
    memset(&twins, 0, sizeof(twins));
    start_one(&twins.master, 1);
    start_one(&twins.replica, 77);
    twins.master.executor.owner = &twins;
    twins.master.executor.on_effects = on_effects;
    twins.replica.executor.on_effects = NULL;
    twins.replica.settings.is_replica = true;
    twins.replica.session.flags |= SESSION_MASTER;
    /* Forms must not matter. */
    twins.replica.settings.zset_max_listpack_entries = 4;
    twins.replica.settings.set_max_intset_entries = 3;
    twins.replica.settings.hash_max_listpack_entries = 3;
    twins.replica.settings.list_max_listpack_size = 3;
    blocking_init(&twins.blocking, &twins.master.host, (struct hash_seed){5, 6});
    twins.master.host.blocking = &twins.blocking;
    session_init(&twins.waiter, 2, &twins.waiter_out);
    twins.waiter.authenticated = true;
    twins.master.session.flags |= SESSION_DENY_BLOCKING;
    twins.source.special = special_value;
    twins.source.owner = &twins;
    prng_init(&twins.source.prng, 7);
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        struct str argv[] = {STR("SCRIPT"), STR("LOAD"), str_from_c(SCRIPTS[i])};
        const char *reply = harness_run_argv(&twins.master, argv, 3);
        buf_append(&twins.shas, reply + strlen("$40\r\n"), SCRIPT_SHA_LEN);
    }
    *state = &twins;
    return 0;
}

static int stop(void **state)
{
    struct twins *twins = *state;
    blocking_leave(&twins->blocking, &twins->waiter);
    session_deinit(&twins->waiter);
    chain_deinit(&twins->waiter_out);
    blocking_deinit(&twins->blocking);
    world_deinit(&twins->master);
    world_deinit(&twins->replica);
    buf_deinit(&twins->shas);
    buf_deinit(&twins->said);
    return 0;
}

/* Rows whose handlers need a server around them. They change no key. */
static const struct {
    const char *name, *why;
} EXEMPT[] = {
    {"publish", "tells replicas of a message: tests/unit/server/test_pubsub.c"},
    {"spublish", "tells replicas of a message: tests/unit/server/test_pubsub.c"},
    {"migrate", "asks another server first: tests/integration/test_migrate.py"},
};

static bool is_exempt(const char *name)
{
    for (size_t i = 0; i < sizeof(EXEMPT) / sizeof(EXEMPT[0]); i++)
        if (strcmp(EXEMPT[i].name, name) == 0) return true;
    return false;
}

static bool may_change(const struct command_ref *ref)
{
    return ref->command->run && (ref->command->flags & (CMD_WRITE | CMD_MAY_REPLICATE)) != 0;
}

static void every_command_that_may_change_something_can_be_asked_for(void **state)
{
    struct twins *twins = *state;
    for (int i = 0; i < twins->master.registry.count; i++) {
        const struct command_ref *ref = twins->master.registry.refs[i];
        bool expected = may_change(ref) && !is_exempt(ref->full_name);
        if (expected && request_template(ref->full_name) == NULL)
            fail_msg("%s has no template in request_templates.c", ref->full_name);
    }
}

/* Some need keys in a state that is seldom. */
static bool is_unlucky(const struct twins *twins, int round)
{
    return twins->reached < EFFECTS_AT_LEAST && round < 100 * ROUNDS;
}

static void check_row(struct twins *twins, const struct command_ref *ref)
{
    const char *template = request_template(ref->full_name);
    twins->reached = 0;
    for (int round = 0; round < ROUNDS || is_unlucky(twins, round); round++) {
        if (round % AFRESH == 0) run(twins, &STR("FLUSHALL"), 1);
        step(twins, template);
        compare_stores(twins);
        compare_functions(twins);
        move_clocks(twins);
    }
    if (twins->reached < EFFECTS_AT_LEAST)
        fail_msg("requests of %s change nothing", ref->full_name);
}

static void effects_make_the_same_store_elsewhere(void **state)
{
    struct twins *twins = *state;
    for (int i = 0; i < twins->master.registry.count; i++) {
        const struct command_ref *ref = twins->master.registry.refs[i];
        if (may_change(ref) && !is_exempt(ref->full_name)) check_row(twins, ref);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(every_command_that_may_change_something_can_be_asked_for),
        TEST(effects_make_the_same_store_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
