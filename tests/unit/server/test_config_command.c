/* Proves: CONFIG GET's names and shapes, SET's answers, and what REWRITE and RESETSTAT ask of the
 * server. */
#include "server/config_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/words.h"
#include "command/call.h"
#include "server/access.h"
#include "server/families.h"

struct world {
    struct config config;
    struct config_service service;
    struct chain out;
    struct reply reply;
    struct session session;
    struct host host;
    struct buf answer;
    int resets, refreshes;
    bool local, disk_full;
};

struct config_service *server_config(struct call *call)
{
    struct world *w = call->host->owner;
    return &w->service;
}

static bool apply(void *ctx, enum config_change change, struct buf *reason)
{
    (void)ctx;
    if (change != CONFIG_CHANGE_LISTEN) return true;
    buf_append_c(reason, "Failed to bind to specified addresses.");
    return false;
}

static bool is_local(void *ctx, const struct session *session)
{
    struct world *w = ctx;
    assert_ptr_equal(session, &w->session);
    return w->local;
}

static void reset_statistics(void *ctx)
{
    ((struct world *)ctx)->resets++;
}

static void refresh(void *ctx)
{
    ((struct world *)ctx)->refreshes++;
}

static bool rewrite_good(const struct config *config, struct buf *reason)
{
    (void)config;
    (void)reason;
    return true;
}

static bool rewrite_bad(const struct config *config, struct buf *reason)
{
    (void)config;
    buf_append_c(reason, "Rewriting config file: Read-only file system");
    return false;
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    config_init(&w->config);
    w->service = (struct config_service){.config = &w->config,
                                         .hooks = {.ctx = w, .apply = apply},
                                         .is_local = is_local,
                                         .reset_statistics = reset_statistics,
                                         .refresh = refresh,
                                         .rewrite = rewrite_good};
    w->reply = (struct reply){.out = &w->out, .version = 2};
    w->host.owner = w;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    config_deinit(&w->config);
    chain_deinit(&w->out);
    buf_deinit(&w->answer);
    free(w);
    return 0;
}

static const struct command *find(struct str name)
{
    const struct command *command = config_commands[0].subcommands;
    while (command->name && !str_is(name, command->name)) command++;
    assert_non_null(command->name);
    return command;
}

/* Runs "config ..." and returns the answer's bytes, CR left out. */
static const char *run(struct world *w, const char *line)
{
    struct words words = {0};
    assert_true(words_split(&words, str_from_c(line)));
    const struct command *command = find(words.list[1]);
    struct call call = {.command = command,
                        .container = &config_commands[0],
                        .argv = words.list,
                        .argc = (int)words.count,
                        .session = &w->session,
                        .reply = &w->reply,
                        .host = &w->host};
    command->run(&call);
    words_deinit(&words);

    char *bytes = mem_alloc(w->out.len + 1);
    size_t len = w->out.len;
    chain_copy(&w->out, bytes);
    chain_consume(&w->out, len);
    buf_clear(&w->answer);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\r') buf_append_char(&w->answer, bytes[i]);
    }
    mem_free(bytes);
    return buf_c(&w->answer);
}

static void get_answers_pairs_or_a_map(void **state)
{
    struct world *w = *state;
    assert_string_equal(run(w, "config get port"), "*2\n$4\nport\n$4\n6379\n");
    assert_string_equal(run(w, "config get nonsense"), "*0\n");
    w->reply.version = 3;
    assert_string_equal(run(w, "config get port"), "%1\n$4\nport\n$4\n6379\n");
}

static void a_name_is_answered_as_it_was_asked(void **state)
{
    struct world *w = *state;
    assert_string_equal(run(w, "config get MIN-Slaves-to-write"),
                        "*2\n$19\nMIN-Slaves-to-write\n$1\n0\n");
    assert_string_equal(run(w, "config get sla*-priority"), "*2\n$14\nslave-priority\n$3\n100\n");
    assert_string_equal(run(w, "config get HZ? *lica-priority"),
                        "*2\n$16\nreplica-priority\n$3\n100\n");
    assert_string_equal(run(w, "config get slave-priority replica-priority"),
                        "*4\n$14\nslave-priority\n$3\n100\n$16\nreplica-priority\n$3\n100\n");
}

static void overlapping_patterns_show_an_option_once(void **state)
{
    struct world *w = *state;
    char *all = mem_strdup(run(w, "config get port *"));
    assert_string_equal(run(w, "config get port PORT por[t] * replica-*"), all);
    mem_free(all);
    assert_string_equal(run(w, "config get hz HZ h?"), "*2\n$2\nhz\n$2\n10\n");
}

static void all_but_hidden_options_are_listed(void **state)
{
    struct world *w = *state;
    struct str all = str_from_c(run(w, "config get *"));
    assert_true(str_find(all, STR("\nreplicaof\n")) > 0);
    assert_true(str_find(all, STR("\nslaveof\n")) > 0);
    assert_true(str_find(all, STR("use-exit-on-panic")) < 0);
    assert_true(str_find(all, STR("rename-command")) < 0);
    assert_string_equal(run(w, "config get use-exit-on-panic"),
                        "*2\n$17\nuse-exit-on-panic\n$2\nno\n");
    assert_string_equal(run(w, "config get user rename-command loadmodule include"), "*0\n");
}

static void set_answers_with_redis_texts(void **state)
{
    struct world *w = *state;
    assert_string_equal(run(w, "config set hz 20 timeout 5"), "+OK\n");
    assert_int_equal(w->config.process.hz, 20);
    assert_string_equal(run(w, "config set hz 20 timeout"), "-ERR syntax error\n");
    assert_string_equal(run(w, "config set hz 30 Foo bar"),
                        "-ERR Unknown option or number of arguments for CONFIG SET - 'Foo'\n");
    assert_string_equal(run(w, "config set hz 30 MaxMemory abc"),
                        "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - "
                        "argument must be a memory value\n");
    assert_string_equal(run(w, "config set hz 30 port 7"),
                        "-ERR CONFIG SET failed (possibly related to argument 'port') - "
                        "Failed to bind to specified addresses.\n");
    assert_int_equal(w->config.process.hz, 20);
    assert_int_equal(w->config.net.port, 6379);
}

static void local_clients_may_change_protected_options_if_allowed(void **state)
{
    struct world *w = *state;
    w->config.security.enable_protected_configs = CONFIG_ALLOW_LOCAL;
    assert_string_equal(run(w, "config set dbfilename x"),
                        "-ERR CONFIG SET failed (possibly related to argument 'dbfilename') - "
                        "can't set protected config\n");
    w->local = true;
    assert_string_equal(run(w, "config set dbfilename x"), "+OK\n");
}

static void rewrite_tells_how_it_went(void **state)
{
    struct world *w = *state;
    assert_string_equal(run(w, "config rewrite"), "+OK\n");
    assert_int_equal(w->refreshes, 1);
    w->service.rewrite = rewrite_bad;
    assert_string_equal(run(w, "config rewrite"),
                        "-ERR Rewriting config file: Read-only file system\n");
}

static void resetstat_reaches_the_server(void **state)
{
    struct world *w = *state;
    assert_string_equal(run(w, "config resetstat"), "+OK\n");
    assert_int_equal(w->resets, 1);
}

static void help_lists_the_subcommands(void **state)
{
    struct world *w = *state;
    struct str help = str_from_c(run(w, "config help"));
    assert_true(str_find(help, STR("+REWRITE\n")) > 0);
    assert_true(str_find(help, STR("+HELP\n")) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(get_answers_pairs_or_a_map),
        TEST(a_name_is_answered_as_it_was_asked),
        TEST(overlapping_patterns_show_an_option_once),
        TEST(all_but_hidden_options_are_listed),
        TEST(set_answers_with_redis_texts),
        TEST(local_clients_may_change_protected_options_if_allowed),
        TEST(rewrite_tells_how_it_went),
        TEST(resetstat_reaches_the_server),
        TEST(help_lists_the_subcommands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
