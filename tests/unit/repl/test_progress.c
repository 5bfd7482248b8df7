/* Proves: a replica's way from announcement to online; that no acknowledgement is believed beyond
 * what was sent; who counts as good and who is lost; and what REPLCONF may say. */
#include "base/prng.h"
#include "repl/progress.h"
#include "repl/replconf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct progress online_at(int64_t offset)
{
    struct progress progress;
    progress_init(&progress, 0);
    progress_continue(&progress, offset, 0);
    return progress;
}

static void a_replica_that_loads_is_silent_until_it_acknowledges_the_mark(void **state)
{
    (void)state;
    struct progress progress;
    progress_init(&progress, 0);
    assert_string_equal(replica_state_name(progress.state), "handshake");
    progress_queue(&progress, 1);
    assert_string_equal(replica_state_name(progress.state), "wait_bgsave");
    progress_begin(&progress, 500, 2);
    assert_string_equal(replica_state_name(progress.state), "send_bulk");
    assert_int_equal(progress_ack(&progress, 500, -1, 3), ACK_IGNORED);
    assert_false(progress_may_flow(&progress));
    progress_ready(&progress, true, 4);
    assert_string_equal(replica_state_name(progress.state), "online");
    assert_false(progress_may_flow(&progress));
    assert_false(progress_is_good(&progress, 5, 10));
    assert_int_equal(progress_ack(&progress, 500, -1, 6), ACK_FIRST);
    assert_true(progress_may_flow(&progress));
    assert_true(progress_is_good(&progress, 7, 10));
    assert_int_equal(progress_ack(&progress, 500, -1, 8), ACK_TAKEN);
}

static void a_snapshot_that_failed_puts_its_replica_back_into_the_queue(void **state)
{
    (void)state;
    struct progress progress;
    progress_init(&progress, 0);
    progress_queue(&progress, 1);
    progress_begin(&progress, 500, 2);
    progress_queue(&progress, 3);
    assert_int_equal(progress.state, REPLICA_WAITING);
    progress_begin(&progress, 700, 4);
    progress_ready(&progress, false, 5);
    assert_true(progress_may_flow(&progress));
    assert_int_equal(progress.acked, 700);
}

static void only_what_was_sent_can_be_acknowledged(void **state)
{
    (void)state;
    struct progress progress = online_at(100);
    progress_sent(&progress, 200);
    assert_int_equal(progress_ack(&progress, 201, -1, 1), ACK_FORGED);
    assert_int_equal(progress_ack(&progress, 999999999999, -1, 1), ACK_FORGED);
    assert_int_equal(progress_ack(&progress, -1, -1, 1), ACK_FORGED);
    assert_int_equal(progress_ack(&progress, 150, 151, 1), ACK_FORGED);
    assert_int_equal(progress.acked, 100);
    assert_int_equal(progress.fsynced, 0);
    assert_false(progress.has_acked);
    assert_int_equal(progress_ack(&progress, 200, 150, 1), ACK_TAKEN);
    assert_int_equal(progress_ack(&progress, 199, -1, 1), ACK_BACKWARDS);
    assert_int_equal(progress.acked, 200);
    assert_int_equal(progress.fsynced, 150);
}

static void an_acknowledgement_of_nothing_is_a_sign_of_life_alone(void **state)
{
    (void)state;
    struct progress progress = online_at(100);
    progress.is_muted = true;
    assert_int_equal(progress_ack(&progress, 0, -1, 9000), ACK_FIRST);
    assert_int_equal(progress.acked, 100);
    assert_int_equal(progress.heard_ms, 9000);
    assert_false(progress_is_good(&progress, 9000, 10));
}

static void believed_acknowledgements_never_go_back_nor_beyond_what_was_sent(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 3);
    for (int round = 0; round < 200; round++) {
        struct progress progress = online_at((int64_t)prng_below(&prng, 100));
        int64_t acked = progress.acked, fsynced = progress.fsynced;
        for (int i = 0; i < 200; i++) {
            if (prng_below(&prng, 3) == 0)
                progress_sent(&progress, progress.sent + (int64_t)prng_below(&prng, 50));
            int64_t claim = (int64_t)prng_below(&prng, 2000) - 20;
            int64_t disk = (int64_t)prng_below(&prng, 2000) - 20;
            enum ack_verdict verdict = progress_ack(&progress, claim, disk, i);
            assert_true(progress.acked >= acked && progress.acked <= progress.sent);
            assert_true(progress.fsynced >= fsynced && progress.fsynced <= progress.acked);
            if (!ack_is_believed(verdict)) {
                assert_int_equal(progress.acked, acked);
                assert_int_equal(progress.fsynced, fsynced);
            }
            acked = progress.acked, fsynced = progress.fsynced;
        }
    }
}

static void silence_is_judged_only_where_signs_of_life_are_due(void **state)
{
    (void)state;
    struct progress progress;
    progress_init(&progress, 0);
    assert_false(progress_is_lost(&progress, 1000000, 60000));
    progress_queue(&progress, 0);
    assert_false(progress_is_lost(&progress, 1000000, 60000));
    progress_begin(&progress, 5, 0);
    assert_false(progress_is_lost(&progress, 60000, 60000));
    assert_true(progress_is_lost(&progress, 60001, 60000));
    progress_ready(&progress, false, 100000);
    assert_false(progress_is_lost(&progress, 160000, 60000));
    assert_true(progress_is_lost(&progress, 160001, 60000));
    progress.is_silent = true;
    assert_false(progress_is_lost(&progress, 999999, 60000));
}

static void lag_decides_who_is_good_and_their_number_decides_about_writes(void **state)
{
    (void)state;
    struct progress progress = online_at(5);
    assert_false(progress_is_good(&progress, 0, 10));
    progress_ack(&progress, 5, -1, 1000);
    assert_int_equal(progress_lag_s(&progress, 500), 0);
    assert_int_equal(progress_lag_s(&progress, 11999), 10);
    assert_true(progress_is_good(&progress, 11999, 10));
    assert_false(progress_is_good(&progress, 12000, 10));
    assert_true(progress_too_few(1, 2, 10));
    assert_false(progress_too_few(2, 2, 10));
    assert_false(progress_too_few(0, 0, 10));
    assert_false(progress_too_few(0, 2, 0));
}

/* --- REPLCONF --- */

static struct replconf parse(const char *line, struct buf *error)
{
    struct str argv[16], rest = str_from_c(line);
    size_t argc = 0;
    while (str_split(&rest, ' ', &argv[argc])) argc++;
    struct replconf replconf;
    buf_clear(error);
    replconf_parse(argv, argc, &replconf, error);
    return replconf;
}

static void options_of_a_connection_are_taken_together(void **state)
{
    (void)state;
    struct buf error = {0};
    struct replconf conf = parse("REPLCONF listening-port 6380 ip-address db-1.example", &error);
    assert_int_equal(conf.kind, REPLCONF_SETTINGS);
    assert_int_equal(conf.port, 6380);
    assert_true(str_eq(conf.ip, STR("db-1.example")));
    conf = parse("replconf CAPA eof capa psync2 capa dual-channel", &error);
    assert_int_equal(conf.capabilities, REPLCONF_CAPA_EOF | REPLCONF_CAPA_PSYNC2);
    conf = parse("replconf rdb-only 1 rdb-filter-only functions", &error);
    assert_true(conf.rdb_only);
    assert_int_equal(conf.filter, REPLCONF_WITHOUT_DATA);
    conf = parse("replconf rdb-filter-only ", &error);
    assert_true(conf.has_filter);
    assert_int_equal(conf.filter, REPLCONF_WITHOUT_DATA | REPLCONF_WITHOUT_FUNCTIONS);
    conf = parse("replconf version 8.0.0", &error);
    assert_int_equal(conf.kind, REPLCONF_SETTINGS);
    conf = parse("replconf", &error);
    assert_int_equal(conf.kind, REPLCONF_SETTINGS);
    buf_deinit(&error);
}

static void acknowledgements_come_with_and_without_the_disk(void **state)
{
    (void)state;
    struct buf error = {0};
    struct replconf conf = parse("REPLCONF ACK 4711", &error);
    assert_int_equal(conf.kind, REPLCONF_ACK);
    assert_int_equal(conf.ack, 4711);
    assert_int_equal(conf.fack, -1);
    conf = parse("REPLCONF ACK 4711 FACK 4000", &error);
    assert_int_equal(conf.fack, 4000);
    conf = parse("REPLCONF ACK x FACK y", &error);
    assert_int_equal(conf.kind, REPLCONF_ACK);
    assert_int_equal(conf.ack, -1);
    assert_int_equal(conf.fack, -1);
    assert_int_equal(parse("replconf getack *", &error).kind, REPLCONF_GETACK);
    buf_deinit(&error);
}

static void what_cannot_be_meant_is_answered_with_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *line, *error;
    } cases[] = {
        {"replconf listening-port", "ERR syntax error"},
        {"replconf foo bar", "ERR Unrecognized REPLCONF option: foo"},
        {"replconf listening-port x", "ERR value is not an integer or out of range"},
        {"replconf listening-port 65536", "ERR value is not an integer or out of range"},
        {"replconf rdb-only x", "ERR value is not an integer or out of range"},
        {"replconf rdb-filter-only foo", "ERR Unsupported rdb-filter-only option: foo"},
        {"replconf node-id 12", "ERR node-id takes 40 hexadecimal digits"},
    };
    struct buf error = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(parse(cases[i].line, &error).kind, REPLCONF_BAD);
        assert_string_equal(buf_c(&error), cases[i].error);
    }
    /* An address stands in lines of INFO that others split. */
    static const char *const addresses[] = {"a,b", "a=b", "a\r\nrole:master", "\x80"};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        struct str argv[] = {STR("replconf"), STR("ip-address"), str_from_c(addresses[i])};
        struct replconf conf;
        replconf_parse(argv, 3, &conf, &error);
        assert_int_equal(conf.kind, REPLCONF_BAD);
    }
    buf_deinit(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replica_that_loads_is_silent_until_it_acknowledges_the_mark),
        cmocka_unit_test(a_snapshot_that_failed_puts_its_replica_back_into_the_queue),
        cmocka_unit_test(only_what_was_sent_can_be_acknowledged),
        cmocka_unit_test(an_acknowledgement_of_nothing_is_a_sign_of_life_alone),
        cmocka_unit_test(believed_acknowledgements_never_go_back_nor_beyond_what_was_sent),
        cmocka_unit_test(silence_is_judged_only_where_signs_of_life_are_due),
        cmocka_unit_test(lag_decides_who_is_good_and_their_number_decides_about_writes),
        cmocka_unit_test(options_of_a_connection_are_taken_together),
        cmocka_unit_test(acknowledgements_come_with_and_without_the_disk),
        cmocka_unit_test(what_cannot_be_meant_is_answered_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
