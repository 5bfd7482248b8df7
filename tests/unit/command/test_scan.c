/* Proves: SCAN visits every key that stays, whatever happens between its calls, and its filters and
 * KEYS agree; expired keys are not shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "command/families.h"
#include "expect.h"
#include "proto/reply_parse.h"

static struct harness h;

static int setup(void **state)
{
    (void)state;
    harness_init(&h, string_commands, generic_commands, expire_commands, database_commands,
                 scan_commands, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_deinit(&h);
    return 0;
}

static void add_keys(const char *prefix, int from, int to)
{
    char request[64];
    for (int i = from; i < to; i++) {
        snprintf(request, sizeof(request), "SET %s%d v", prefix, i);
        EXPECT(&h, request, OK);
    }
}

/* One call of SCAN: marks the numbers of the keys "k<number>" it shows and returns the next
 * cursor. */
static uint64_t scan_step(uint64_t cursor, const char *options, unsigned char *seen, int limit)
{
    char request[128];
    struct reply_parser parser = {0};
    struct reply_node node = {0};
    snprintf(request, sizeof(request), "SCAN %llu %s", (unsigned long long)cursor, options);
    struct str bytes = str_from_c(harness_run(&h, request));
    assert_int_equal(reply_parser_step(&parser, &bytes), REPLY_READY);
    reply_parser_take(&parser, &node);
    assert_int_equal(node.count, 2);
    cursor = strtoull(buf_c(&node.items[0].text), NULL, 10);
    for (size_t i = 0; i < node.items[1].count; i++) {
        const char *key = buf_c(&node.items[1].items[i].text);
        int number = atoi(key + 1);
        if (key[0] == 'k' && number < limit) seen[number]++;
    }
    reply_node_clear(&node);
    reply_parser_deinit(&parser);
    return cursor;
}

static void a_scan_sees_every_key_once_while_nothing_changes(void **state)
{
    (void)state;
    unsigned char seen[2000] = {0};
    uint64_t cursor = 0;
    int calls = 0;
    add_keys("k", 0, 2000);
    do {
        cursor = scan_step(cursor, "COUNT 7", seen, 2000);
        calls++;
    } while (cursor);
    for (int i = 0; i < 2000; i++) assert_int_equal(seen[i], 1);
    assert_true(calls > 50);
}

static void a_scan_sees_every_key_that_stays_while_others_come_and_go(void **state)
{
    (void)state;
    unsigned char seen[500] = {0};
    uint64_t cursor = 0;
    int round = 0;
    char request[64];
    add_keys("k", 0, 500);
    add_keys("old", 0, 3000);
    do {
        cursor = scan_step(cursor, "", seen, 500);
        add_keys("new", round * 40, round * 40 + 40);
        for (int i = 0; i < 10; i++) {
            snprintf(request, sizeof(request), "DEL old%d", round * 10 + i);
            harness_run(&h, request);
        }
        round++;
    } while (cursor && round < 2000);
    assert_int_equal(cursor, 0);
    for (int i = 0; i < 500; i++) assert_true(seen[i] >= 1);
}

static void filters_choose_by_name_and_type(void **state)
{
    (void)state;
    unsigned char seen[200] = {0};
    uint64_t cursor = 0;
    add_keys("k", 0, 200);
    do cursor = scan_step(cursor, "MATCH k1?? TYPE string", seen, 200);
    while (cursor);
    for (int i = 0; i < 200; i++) assert_int_equal(seen[i], i >= 100);
    do cursor = scan_step(cursor, "TYPE list", seen, 200);
    while (cursor);
    for (int i = 0; i < 200; i++) assert_int_equal(seen[i], i >= 100);
}

static void malformed_scans_are_refused(void **state)
{
    (void)state;
    EXPECT(&h, "SCAN x", ERR("invalid cursor"));
    EXPECT(&h, "SCAN -", ERR("invalid cursor"));
    EXPECT(&h, "SCAN ''", "*2\r\n$1\r\n0\r\n*0\r\n");
    EXPECT(&h, "SCAN 99999999999999999999", ERR("invalid cursor"));
    EXPECT(&h, "SCAN 0 COUNT", ERR("syntax error"));
    EXPECT(&h, "SCAN 0 COUNT 0", ERR("syntax error"));
    EXPECT(&h, "SCAN 0 COUNT x", ERR("value is not an integer or out of range"));
    EXPECT(&h, "SCAN 0 FOO bar", ERR("syntax error"));
    EXPECT(&h, "SCAN -1", "*2\r\n$1\r\n0\r\n*0\r\n");
    EXPECT(&h, "SCAN 18446744073709551615", "*2\r\n$1\r\n0\r\n*0\r\n");
    EXPECT(&h, "SCAN 0 COUNT 9223372036854775807", "*2\r\n$1\r\n0\r\n*0\r\n");
}

static void what_is_expired_is_not_shown(void **state)
{
    (void)state;
    EXPECT(&h, "SET k1 v PX 10", OK);
    EXPECT(&h, "SET k2 v", OK);
    h.host.now_ms += 10;
    EXPECT(&h, "KEYS *", "*1\r\n$2\r\nk2\r\n");
    EXPECT(&h, "DBSIZE", NUM(2));
    EXPECT(&h, "SCAN 0 COUNT 1000000", "*2\r\n$1\r\n0\r\n*1\r\n$2\r\nk2\r\n");
    EXPECT_EVENTS(&h, "expired k1;");
    EXPECT(&h, "DBSIZE", NUM(1));
    EXPECT(&h, "SET k1 v PX 10", OK);
    EXPECT(&h, "DEL k2", NUM(1));
    h.host.now_ms += 10;
    EXPECT(&h, "RANDOMKEY", NIL);
    EXPECT_EFFECTS(&h, "*2\r\n$3\r\nDEL\r\n$2\r\nk1\r\n");
}

static void a_random_key_of_a_replica_may_be_expired(void **state)
{
    (void)state;
    EXPECT(&h, "RANDOMKEY", NIL);
    EXPECT(&h, "SET k1 v PX 10", OK);
    h.host.now_ms += 10;
    h.settings.is_replica = true;
    EXPECT(&h, "RANDOMKEY", "$2\r\nk1\r\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_scan_sees_every_key_once_while_nothing_changes),
        TEST(a_scan_sees_every_key_that_stays_while_others_come_and_go),
        TEST(filters_choose_by_name_and_type),
        TEST(malformed_scans_are_refused),
        TEST(what_is_expired_is_not_shown),
        TEST(a_random_key_of_a_replica_may_be_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
