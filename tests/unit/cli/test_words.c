/* Proves: secrets stay out of the history, text replies are known, INFO is read, amounts are
 * readable, and the session follows SELECT and transactions. */
#include "cli/info_text.h"
#include "cli/runner.h"
#include "cli/secrets.h"
#include "cli/units.h"
#include "unit/cli/reply_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void lines_with_passwords_are_secret(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "auth x",
        "AUTH user \"x y\"",
        "2 auth x",
        "hello 3 AUTH default x",
        "acl setuser bob >x",
        "config set requirepass x",
        "config set maxmemory 1 masterauth x",
        "CONFIG SET tls-key-file-pass x",
        "migrate h 1 k 0 5 AUTH x",
        "migrate h 1 k 0 5 KEYS AUTH2 u x",
        "sentinel set m auth-pass x",
        "auth \"unbalanced",
        "  config  set requirepass 'x",
    };
    static const char *const open[] = {
        "get auth",
        "hello 3",
        "acl list",
        "config get requirepass",
        "config set maxmemory 1",
        "migrate h 1 k 0 5",
        "",
        "set \"requirepass",
    };
    for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++) {
        if (!secrets_in_line(str_from_c(secret[i]))) fail_msg("not secret: %s", secret[i]);
    }
    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
        if (secrets_in_line(str_from_c(open[i]))) fail_msg("secret: %s", open[i]);
    }
}

static bool is_text(const char *first, const char *second, size_t count)
{
    struct str words[] = {str_from_c(first), str_from_c(second), STR("x")};
    return runner_reply_is_text((struct command_words){words, count});
}

static void replies_to_read_are_known(void **state)
{
    (void)state;
    assert_true(is_text("INFO", NULL, 1));
    assert_true(is_text("client", "LIST", 3));
    assert_true(is_text("latency", "graph", 3));
    assert_false(is_text("latency", "graph", 2));
    assert_false(is_text("client", "id", 2));
    assert_false(is_text("client", NULL, 1));
    assert_false(is_text("get", "info", 2));
}

static void fields_of_info_are_found(void **state)
{
    (void)state;
    struct str info =
        STR("# Memory\r\nused_memory:1024\r\nused_memory_rss:9\r\n# Keyspace\r\n"
            "db0:keys=5,expires=0,avg_ttl=0\r\ndb12:keys=7,expires=1,avg_ttl=2\r\ndbx:keys=9\r\n");
    assert_int_equal(info_text_number(info, "used_memory"), 1024);
    assert_int_equal(info_text_number(info, "used"), 0);
    assert_int_equal(info_text_key_count(info), 12);
    assert_int_equal(info_text_field(info, "nosuch").len, 0);
}

static void amounts_of_bytes_are_short(void **state)
{
    (void)state;
    char text[UNITS_MAX];
    assert_string_equal(units_bytes(text, 0), "0B");
    assert_string_equal(units_bytes(text, 1023), "1023B");
    assert_string_equal(units_bytes(text, 1536), "1.50K");
    assert_string_equal(units_bytes(text, -3.0 * 1024 * 1024), "-3.00M");
}

static void feed(struct cli_session *session, const char *command, const char *argument,
                 const char *bytes)
{
    struct str words[] = {str_from_c(command), str_from_c(argument)};
    struct reply_node reply = reply_of(bytes);
    cli_session_track(session, (struct command_words){words, argument ? 2 : 1}, &reply);
    reply_node_clear(&reply);
}

static void the_session_follows_databases_and_transactions(void **state)
{
    (void)state;
    struct cli_session session = {0};
    feed(&session, "SELECT", "3", "+OK\r\n");
    assert_int_equal(session.db, 3);
    feed(&session, "select", "99", "-ERR out of range\r\n");
    assert_int_equal(session.db, 3);
    feed(&session, "multi", NULL, "+OK\r\n");
    assert_true(session.in_transaction);
    feed(&session, "select", "5", "+QUEUED\r\n");
    assert_int_equal(session.db, 5);
    feed(&session, "discard", NULL, "+OK\r\n");
    assert_false(session.in_transaction);
    assert_int_equal(session.db, 3);
    feed(&session, "multi", NULL, "+OK\r\n");
    feed(&session, "exec", NULL, "-EXECABORT no\r\n");
    assert_false(session.in_transaction);
    feed(&session, "reset", NULL, "+RESET\r\n");
    assert_int_equal(session.db, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_with_passwords_are_secret),
        cmocka_unit_test(replies_to_read_are_known),
        cmocka_unit_test(fields_of_info_are_found),
        cmocka_unit_test(amounts_of_bytes_are_short),
        cmocka_unit_test(the_session_follows_databases_and_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
