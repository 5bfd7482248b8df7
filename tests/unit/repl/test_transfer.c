/* Proves: a snapshot comes out as it was sent, whatever the pieces it arrives in, with what
 * follows it untouched, marks that look half like themselves included; and announcements no
 * master makes are refused. */
#include "base/prng.h"
#include "repl/transfer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What came out: the snapshot, and what follows it. */
struct outcome {
    struct buf got, rest;
};

static void outcome_deinit(struct outcome *outcome)
{
    buf_deinit(&outcome->got);
    buf_deinit(&outcome->rest);
}

/* Feeds `wire` in pieces of random size up to `piece`; returns the last event. */
static enum transfer_event feed(struct transfer_reader *reader, struct str wire, size_t piece,
                                struct prng *prng, struct outcome *outcome)
{
    enum transfer_event event = TRANSFER_MORE;
    while (wire.len) {
        struct str part = str_first(wire, 1 + prng_below(prng, piece));
        wire = str_from(wire, part.len);
        struct str payload;
        while (event != TRANSFER_END && event != TRANSFER_REFUSED) {
            event = transfer_read(reader, &part, &payload);
            buf_append_str(&outcome->got, payload);
            if (event == TRANSFER_MORE) assert_int_equal(part.len, 0);
            if (event == TRANSFER_INVALID || event == TRANSFER_TOO_BIG) return event;
            if (event != TRANSFER_PAYLOAD) break;
        }
        if (event == TRANSFER_END) buf_append_str(&outcome->rest, part);
    }
    return event;
}

static void a_snapshot_of_known_length_ends_where_it_was_announced(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 1);
    for (size_t piece = 1; piece < 40; piece++) {
        struct transfer_reader reader;
        struct outcome outcome = {0};
        transfer_reader_init(&reader, 1000);
        enum transfer_event event = feed(
            &reader, STR("\n\n\n$10\r\n0123456789*1\r\n$4\r\nPING\r\n"), piece, &prng, &outcome);
        assert_int_equal(event, TRANSFER_END);
        assert_string_equal(buf_c(&outcome.got), "0123456789");
        assert_string_equal(buf_c(&outcome.rest), "*1\r\n$4\r\nPING\r\n");
        assert_int_equal(reader.received, 10);
        outcome_deinit(&outcome);
    }
}

static void announcements_no_master_makes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *wire;
        enum transfer_event event;
    } cases[] = {
        {"$0\r\n", TRANSFER_INVALID},
        {"$-1\r\n", TRANSFER_INVALID},
        {"$9223372036854775808\r\n", TRANSFER_TOO_BIG},
        {"$18446744073709551616\r\n", TRANSFER_INVALID},
        {"$1001\r\n", TRANSFER_TOO_BIG},
        {"$1e3\r\n", TRANSFER_INVALID},
        {"$EOF:abc\r\n", TRANSFER_INVALID},
        {"$EOF:0123456789012345678901234567890123456789x\r\n", TRANSFER_INVALID},
        {"*1\r\n$4\r\nPING\r\n", TRANSFER_INVALID},
        {"+OK\r\n", TRANSFER_INVALID},
        {"\r\n", TRANSFER_INVALID},
        {"-ERR no memory\r\n", TRANSFER_REFUSED},
        {"$1000\r\n", TRANSFER_MORE},
    };
    struct prng prng;
    prng_init(&prng, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct transfer_reader reader;
        struct outcome outcome = {0};
        transfer_reader_init(&reader, 1000);
        enum transfer_event event = feed(&reader, str_from_c(cases[i].wire), 7, &prng, &outcome);
        if (event != cases[i].event) fail_msg("%s: %d", cases[i].wire, event);
        if (event == TRANSFER_REFUSED)
            assert_true(str_eq(str_of(reader.head, reader.head_len), STR("-ERR no memory")));
        outcome_deinit(&outcome);
    }
}

static void a_first_line_without_end_is_given_up(void **state)
{
    (void)state;
    struct transfer_reader reader;
    transfer_reader_init(&reader, 1000);
    static char flood[TRANSFER_HEAD_MAX + 1];
    memset(flood, '$', sizeof(flood));
    struct str in = {flood, sizeof(flood)}, payload;
    assert_int_equal(transfer_read(&reader, &in, &payload), TRANSFER_INVALID);
}

static void a_snapshot_of_unknown_length_is_refused_when_it_grows_beyond_the_limit(void **state)
{
    (void)state;
    char mark[TRANSFER_MARK_LEN];
    memset(mark, 'm', sizeof(mark));
    struct buf wire = {0};
    struct transfer_reader reader;
    transfer_reader_init(&reader, 10);
    transfer_write_mark_head(&wire, mark);
    buf_append_c(&wire, "1234567890");
    struct str in = buf_str(&wire), payload;
    assert_int_equal(transfer_read(&reader, &in, &payload), TRANSFER_PAYLOAD);
    assert_int_equal(payload.len, 10);
    in = STR("1");
    assert_int_equal(transfer_read(&reader, &in, &payload), TRANSFER_TOO_BIG);
    buf_deinit(&wire);
}

/* Payload from an alphabet so small that beginnings of the mark are everywhere in it. */
static void make_payload(struct prng *prng, const char *mark, struct buf *out)
{
    size_t pieces = prng_below(prng, 12);
    for (size_t i = 0; i < pieces; i++) {
        buf_append(out, mark, prng_below(prng, TRANSFER_MARK_LEN));
        if (prng_below(prng, 2)) buf_append_char(out, "ab"[prng_below(prng, 2)]);
    }
    if (str_find(buf_str(out), str_of(mark, TRANSFER_MARK_LEN)) >= 0) buf_clear(out);
}

static void a_snapshot_of_unknown_length_ends_at_its_mark_whatever_the_pieces(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 2);
    for (int round = 0; round < 20000; round++) {
        char mark[TRANSFER_MARK_LEN];
        for (int i = 0; i < TRANSFER_MARK_LEN; i++) mark[i] = "ab"[prng_below(&prng, 4) == 0];
        struct buf snapshot = {0}, wire = {0};
        struct outcome outcome = {0};
        make_payload(&prng, mark, &snapshot);
        transfer_write_mark_head(&wire, mark);
        buf_append_str(&wire, buf_str(&snapshot));
        buf_append(&wire, mark, TRANSFER_MARK_LEN);
        /* The mark may begin inside the snapshot's last bytes: then it ends there. */
        struct str whole = str_from(buf_str(&wire), 47);
        size_t end = (size_t)str_find(whole, str_of(mark, TRANSFER_MARK_LEN));
        buf_append_c(&wire, "*1\r\n");
        struct transfer_reader reader;
        transfer_reader_init(&reader, end);
        enum transfer_event event =
            feed(&reader, buf_str(&wire), 1 + prng_below(&prng, 60), &prng, &outcome);
        assert_int_equal(event, TRANSFER_END);
        assert_int_equal(outcome.got.len, end);
        assert_int_equal(reader.received, end);
        assert_memory_equal(buf_c(&outcome.got), buf_c(&wire) + 47, end);
        assert_int_equal(outcome.rest.len, wire.len - 47 - end - TRANSFER_MARK_LEN);
        buf_deinit(&snapshot);
        buf_deinit(&wire);
        outcome_deinit(&outcome);
    }
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    unsigned char random[20] = {0x00, 0xff, 0x1a};
    char mark[TRANSFER_MARK_LEN];
    transfer_make_mark(random, mark);
    assert_memory_equal(mark, "00ff1a00", 8);
    struct buf out = {0};
    transfer_write_len(&out, 12345);
    assert_string_equal(buf_c(&out), "$12345\r\n");
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_of_known_length_ends_where_it_was_announced),
        cmocka_unit_test(announcements_no_master_makes_are_refused),
        cmocka_unit_test(a_first_line_without_end_is_given_up),
        cmocka_unit_test(a_snapshot_of_unknown_length_ends_at_its_mark_whatever_the_pieces),
        cmocka_unit_test(a_snapshot_of_unknown_length_is_refused_when_it_grows_beyond_the_limit),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
