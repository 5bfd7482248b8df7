/* Proves: the grammar of redis.conf (comments, quotes, units, repeated and multi-line directives,
 * include), the exact report of a fault, that secrets stay out of it, and that files which
 * include each other come to an end. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void comments_blanks_and_case_mean_nothing(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config,
                      "# a comment\n"
                      "\n"
                      "   \t \r\n"
                      "  # another\n"
                      "\tPORT   7000  \r\n"
                      "MaxMemory 2GB\n"
                      "timeout 5",
                      NULL);
    assert_int_equal(config.net.port, 7000);
    assert_true(config.memory.maxmemory == 2ULL << 30);
    assert_int_equal(config.clients.timeout_s, 5);
    config_deinit(&config);
}

static void quotes_carry_spaces_escapes_and_nothing(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config,
                      "requirepass \"a \\\"b\\\" \\x21\\n\"\n"
                      "masterauth 'it\\'s \\n'\n"
                      "notify-keyspace-events \"\"\n"
                      "pidfile \"\"\n"
                      "logfile /var/log/a#b\n",
                      NULL);
    assert_true(str_is(buf_str(&config.security.requirepass), "a \"b\" !\n"));
    assert_true(str_is(buf_str(&config.repl.masterauth), "it's \\n"));
    assert_string_equal(config.process.pidfile, "");
    assert_string_equal(config.log.file, "/var/log/a#b");
    config_deinit(&config);
}

static void the_last_of_repeated_directives_counts(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config, "port 1\nslave-priority 5\nport 2\nreplica-priority 6\n", NULL);
    assert_int_equal(config.net.port, 2);
    assert_int_equal(config.repl.priority, 6);
    config_deinit(&config);
}

static void save_lines_add_up_and_replace_the_default(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config, "save 900 1\nsave 300 10 60 100\n", NULL);
    fixture_assert_value(&config, "save", "900 1 300 10 60 100");
    config_deinit(&config);
    fixture_load_good(&config, "save 900 1\nsave \"\"\nsave 5 6\n", NULL);
    fixture_assert_value(&config, "save", "5 6");
    config_deinit(&config);
    fixture_load_good(&config, "save \"\"\n", NULL);
    assert_int_equal(config.snapshot.save.count, 0);
    config_deinit(&config);
    fixture_load_good(&config,
                      "save\nclient-output-buffer-limit\nlatency-tracking-info-percentiles", NULL);
    fixture_assert_value(&config, "save", "");
    fixture_assert_value(&config, "latency-tracking-info-percentiles", "");
    config_deinit(&config);
    fixture_load_good(&config, "", NULL);
    fixture_assert_value(&config, "save", "3600 1 300 100 60 10000");
    config_deinit(&config);
}

static void an_output_limit_changes_its_class_only(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config,
                      "client-output-buffer-limit normal 1mb 512kb 10\n"
                      "client-output-buffer-limit slave 0 0 0\n",
                      NULL);
    assert_true(config.clients.output_limits[CONFIG_CLIENT_NORMAL].soft_bytes == 512 * 1024);
    assert_true(config.clients.output_limits[CONFIG_CLIENT_REPLICA].hard_bytes == 0);
    assert_true(config.clients.output_limits[CONFIG_CLIENT_PUBSUB].hard_bytes == 32 << 20);
    config_deinit(&config);
}

static void users_and_renames_are_collected_line_by_line(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config,
                      "user pinger -@all +ping on >pingpass\n"
                      "user default on nopass ~* +@all\n"
                      "rename-command CONFIG \"\"\n"
                      "rename-command FLUSHALL wipe\n",
                      NULL);
    assert_int_equal(config.security.users.count, 2);
    assert_int_equal(config.security.users.lines[0].count, 5);
    assert_string_equal(config.security.users.lines[0].words[4], ">pingpass");
    assert_string_equal(config.security.users.lines[1].words[0], "default");
    assert_int_equal(config.security.renames.count, 2);
    assert_string_equal(config.security.renames.items[0].to, "");
    assert_string_equal(config.security.renames.items[1].from, "FLUSHALL");
    config_deinit(&config);
}

static void directives_of_old_versions_are_read_over(void **state)
{
    (void)state;
    struct config config;
    fixture_load_good(&config, "list-max-ziplist-entries 512\nlua-replicate-commands yes\n", NULL);
    config_deinit(&config);
}

/* The directives of the file that Debian's redis-server 7.0.15 ships. */
static const char stock[] = "bind 127.0.0.1 -::1\n"
                            "protected-mode yes\n"
                            "port 6379\n"
                            "tcp-backlog 511\n"
                            "timeout 0\n"
                            "tcp-keepalive 300\n"
                            "daemonize yes\n"
                            "pidfile /run/redis/redis-server.pid\n"
                            "loglevel notice\n"
                            "logfile /var/log/redis/redis-server.log\n"
                            "databases 16\n"
                            "always-show-logo no\n"
                            "set-proc-title yes\n"
                            "proc-title-template \"{title} {listen-addr} {server-mode}\"\n"
                            "stop-writes-on-bgsave-error yes\n"
                            "rdbcompression yes\n"
                            "rdbchecksum yes\n"
                            "dbfilename dump.rdb\n"
                            "rdb-del-sync-files no\n"
                            "dir /var/lib/redis\n"
                            "replica-serve-stale-data yes\n"
                            "replica-read-only yes\n"
                            "repl-diskless-sync yes\n"
                            "repl-diskless-sync-delay 5\n"
                            "repl-diskless-sync-max-replicas 0\n"
                            "repl-diskless-load disabled\n"
                            "repl-disable-tcp-nodelay no\n"
                            "replica-priority 100\n"
                            "acllog-max-len 128\n"
                            "lazyfree-lazy-eviction no\n"
                            "lazyfree-lazy-expire no\n"
                            "lazyfree-lazy-server-del no\n"
                            "replica-lazy-flush no\n"
                            "lazyfree-lazy-user-del no\n"
                            "lazyfree-lazy-user-flush no\n"
                            "oom-score-adj no\n"
                            "oom-score-adj-values 0 200 800\n"
                            "disable-thp yes\n"
                            "appendonly no\n"
                            "appendfilename \"appendonly.aof\"\n"
                            "appenddirname \"appendonlydir\"\n"
                            "appendfsync everysec\n"
                            "no-appendfsync-on-rewrite no\n"
                            "auto-aof-rewrite-percentage 100\n"
                            "auto-aof-rewrite-min-size 64mb\n"
                            "aof-load-truncated yes\n"
                            "aof-use-rdb-preamble yes\n"
                            "aof-timestamp-enabled no\n"
                            "slowlog-log-slower-than 10000\n"
                            "slowlog-max-len 128\n"
                            "latency-monitor-threshold 0\n"
                            "notify-keyspace-events \"\"\n"
                            "hash-max-listpack-entries 512\n"
                            "hash-max-listpack-value 64\n"
                            "list-max-listpack-size -2\n"
                            "list-compress-depth 0\n"
                            "set-max-intset-entries 512\n"
                            "zset-max-listpack-entries 128\n"
                            "zset-max-listpack-value 64\n"
                            "hll-sparse-max-bytes 3000\n"
                            "stream-node-max-bytes 4096\n"
                            "stream-node-max-entries 100\n"
                            "activerehashing yes\n"
                            "client-output-buffer-limit normal 0 0 0\n"
                            "client-output-buffer-limit replica 256mb 64mb 60\n"
                            "client-output-buffer-limit pubsub 32mb 8mb 60\n"
                            "hz 10\n"
                            "dynamic-hz yes\n"
                            "aof-rewrite-incremental-fsync yes\n"
                            "rdb-save-incremental-fsync yes\n"
                            "jemalloc-bg-thread yes\n";

static void a_stock_file_loads_and_asks_for_nothing_missing(void **state)
{
    (void)state;
    struct config config;
    size_t index = 0;
    fixture_load_good(&config, stock, NULL);
    assert_true(config.process.daemonize);
    assert_string_equal(config.process.dir, "/var/lib/redis");
    fixture_assert_value(&config, "bind", "127.0.0.1 -::1");
    assert_null(config_next_without_effect(&config, &index));
    config_deinit(&config);
}

/* --- faults --- */

static void assert_fault(const char *text, const char *report)
{
    struct config config;
    struct config_error error = {0};
    struct buf out = {0};
    assert_false(fixture_load(&config, text, NULL, &error));
    config_error_write(&error, "0.1", &out);
    assert_string_equal(buf_c(&out), report);
    buf_deinit(&out);
    config_error_deinit(&error);
    config_deinit(&config);
}

#define FATAL(line, text, reason)                                                                  \
    "\n*** FATAL CONFIG FILE ERROR (Skein 0.1) ***\n"                                              \
    "Reading the configuration file, at line " line "\n>>> '" text "'\n" reason "\n"

static void a_fault_is_reported_with_its_line(void **state)
{
    (void)state;
    assert_fault("port 1\n\n  nonsense 5 \nport x\n",
                 FATAL("3", "nonsense 5", "Bad directive or wrong number of arguments"));
    assert_fault("port x", FATAL("1", "port x", "argument couldn't be parsed into an integer"));
    assert_fault("port 1 2", FATAL("1", "port 1 2", "wrong number of arguments"));
    assert_fault("port", FATAL("1", "port", "wrong number of arguments"));
    assert_fault("user", FATAL("1", "user ...", "wrong number of arguments"));
    assert_fault("shutdown-on-sigterm",
                 FATAL("1", "shutdown-on-sigterm", "wrong number of arguments"));
    assert_fault("port \"1", FATAL("1", "port \"1", "Unbalanced quotes in configuration line"));
    assert_fault("port \"1\"2",
                 FATAL("1", "port \"1\"2", "Unbalanced quotes in configuration line"));
    assert_fault("include x", FATAL("1", "include x", "include is not possible here"));
    assert_fault("save 900 1\nsave 1\n", FATAL("2", "save 1", "Invalid save parameters"));
    assert_fault("rename-command A B C\n",
                 FATAL("1", "rename-command A B C", "wrong number of arguments"));
}

static void secrets_are_not_reported(void **state)
{
    (void)state;
    assert_fault("requirepass hush hush\n",
                 FATAL("1", "requirepass ...", "wrong number of arguments"));
    assert_fault("'MasterAuth' \"hush\n",
                 FATAL("1", "masterauth ...", "Unbalanced quotes in configuration line"));
    assert_fault("user \"a b\" c >hush\n",
                 FATAL("1", "user ...", "User names can't be empty or contain spaces"));
}

static void users_and_an_aclfile_exclude_each_other(void **state)
{
    (void)state;
    struct config config;
    struct config_error error = {0};
    assert_false(fixture_load(&config, "aclfile /a\nuser x on\n", NULL, &error));
    assert_true(str_starts_with(buf_str(&error.reason), STR("users stand either in")));
    config_error_deinit(&error);
    config_deinit(&config);
}

/* --- include --- */

static void an_included_file_stands_where_its_include_does(void **state)
{
    (void)state;
    static const struct fake_file list[] = {
        {"/d/a.conf", "port 2\ntimeout 2\nsave 60 1\n"},
        {"/d/b.conf", "timeout 3\nsave 61 1\n"},
        {"/d/b.txt", "timeout 4\n"},
    };
    struct fake_files files;
    struct config config;
    fake_files_init(&files, list, 3);
    fixture_load_good(&config, "port 1\nsave 59 1\ninclude /d/*.conf\nport 4\n", &files.reader);
    assert_int_equal(config.net.port, 4);
    assert_int_equal(config.clients.timeout_s, 3);
    fixture_assert_value(&config, "save", "59 1 60 1 61 1");
    config_deinit(&config);
    fixture_load_good(&config, "include /nothing/*.conf\n", &files.reader);
    config_deinit(&config);
}

static void a_fault_in_an_included_file_names_that_file(void **state)
{
    (void)state;
    static const struct fake_file list[] = {
        {"/a", "port 1\ninclude /b\n"},
        {"/b", "port 1\n\nport x\n"},
    };
    struct fake_files files;
    struct config config;
    struct config_error error = {0};
    fake_files_init(&files, list, 2);
    assert_false(fixture_load(&config, "include /a\n", &files.reader, &error));
    assert_string_equal(buf_c(&error.source), "the configuration file /b");
    assert_int_equal(error.line, 3);
    assert_string_equal(buf_c(&error.text), "port x");
    config_error_deinit(&error);
    config_deinit(&config);

    assert_false(fixture_load(&config, "port 1\ninclude /missing\n", &files.reader, &error));
    assert_int_equal(error.line, 2);
    assert_string_equal(buf_c(&error.reason), "no file /missing");
    config_error_deinit(&error);
    config_deinit(&config);
}

static void files_that_include_themselves_are_refused(void **state)
{
    (void)state;
    static const struct fake_file list[] = {
        {"/loop", "include /loop\n"},
        /* Two includes a level would be 65536 files before the depth ends it. */
        {"/w/1", "include /w/*\n"},
        {"/w/2", "port 1\n"},
    };
    struct fake_files files;
    struct config config;
    struct config_error error = {0};
    fake_files_init(&files, list, 3);
    assert_false(fixture_load(&config, "include /loop\n", &files.reader, &error));
    assert_string_equal(buf_c(&error.reason), "include goes deeper than 16 files");
    config_error_deinit(&error);
    config_deinit(&config);

    struct buf wide = {0};
    for (int i = 0; i < 1001; i++) buf_append_c(&wide, "include /w/2\n");
    assert_false(fixture_load(&config, buf_c(&wide), &files.reader, &error));
    assert_string_equal(buf_c(&error.reason), "more than 1000 configuration files");
    buf_deinit(&wide);
    config_error_deinit(&error);
    config_deinit(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_blanks_and_case_mean_nothing),
        cmocka_unit_test(quotes_carry_spaces_escapes_and_nothing),
        cmocka_unit_test(the_last_of_repeated_directives_counts),
        cmocka_unit_test(save_lines_add_up_and_replace_the_default),
        cmocka_unit_test(an_output_limit_changes_its_class_only),
        cmocka_unit_test(users_and_renames_are_collected_line_by_line),
        cmocka_unit_test(directives_of_old_versions_are_read_over),
        cmocka_unit_test(a_stock_file_loads_and_asks_for_nothing_missing),
        cmocka_unit_test(a_fault_is_reported_with_its_line),
        cmocka_unit_test(secrets_are_not_reported),
        cmocka_unit_test(users_and_an_aclfile_exclude_each_other),
        cmocka_unit_test(an_included_file_stands_where_its_include_does),
        cmocka_unit_test(a_fault_in_an_included_file_names_that_file),
        cmocka_unit_test(files_that_include_themselves_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
