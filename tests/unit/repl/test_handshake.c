/* Proves: what is said to a master and in which order, and what each of its possible answers
 * leads to: modern and old masters, refusals, silence, nonsense, and a master that follows us. */
#include "base/prng.h"
#include "repl/backoff.h"
#include "repl/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "cccccccccccccccccccccccccccccccccccccccc"
/* What such servers answer to node-id: the way that led there. */
#define OK_BY_C "+OK cccccccccccccccccccccccccccccccccccccccc"
#define OK_BY_CB                                                                                   \
    "+OK cccccccccccccccccccccccccccccccccccccccc,bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct talk {
    struct handshake handshake;
    struct buf sent;
    int64_t now_ms;
};

static void begin(struct talk *talk, struct handshake_settings settings)
{
    *talk = (struct talk){.now_ms = 1000};
    if (settings.timeout_ms == 0) settings.timeout_ms = 500;
    handshake_init(&talk->handshake, &settings, talk->now_ms);
    struct handshake_event event = {HANDSHAKE_ON_CONNECT, talk->now_ms, {0}};
    assert_int_equal(handshake_step(&talk->handshake, &event, &talk->sent), HANDSHAKE_GO_ON);
}

static enum handshake_verdict say(struct talk *talk, const char *line)
{
    struct handshake_event event = {HANDSHAKE_ON_LINE, talk->now_ms, str_from_c(line)};
    return handshake_step(&talk->handshake, &event, &talk->sent);
}

/* Everything sent since the last look. */
static void expect_sent(struct talk *talk, const char *bytes)
{
    assert_string_equal(buf_c(&talk->sent), bytes);
    buf_clear(&talk->sent);
}

static void end(struct talk *talk)
{
    buf_deinit(&talk->sent);
}

/* To the point where the answer to PSYNC is awaited. */
static void reach_psync(struct talk *talk, struct handshake_settings settings)
{
    begin(talk, settings);
    assert_int_equal(say(talk, "+PONG"), HANDSHAKE_GO_ON);
    while (talk->handshake.row != HANDSHAKE_PSYNC) {
        assert_int_equal(say(talk, "+OK"), HANDSHAKE_GO_ON);
    }
    buf_clear(&talk->sent);
}

static struct handshake_settings with_history(void)
{
    struct handshake_settings settings = {.port = 7, .offset = 99, .quiet = 99};
    repl_id_parse(STR(ID_A), &settings.id);
    return settings;
}

static void the_announcements_go_out_at_once_and_their_answers_come_in_order(void **state)
{
    (void)state;
    struct talk talk;
    struct handshake_settings settings = with_history();
    settings.user = STR("bob");
    settings.password = STR("pw");
    settings.ip = STR("host-1");
    repl_id_parse(STR(ID_B), &settings.node);
    begin(&talk, settings);
    expect_sent(&talk, "*1\r\n$4\r\nPING\r\n");
    say(&talk, "+PONG");
    expect_sent(&talk, "*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\npw\r\n"
                       "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$1\r\n7\r\n"
                       "*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$6\r\nhost-1\r\n"
                       "*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n"
                       "$6\r\npsync2\r\n"
                       "*3\r\n$8\r\nREPLCONF\r\n$7\r\nnode-id\r\n$40\r\n" ID_B "\r\n");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(say(&talk, "+OK"), HANDSHAKE_GO_ON);
        expect_sent(&talk, "");
    }
    say(&talk, "-ERR Unrecognized REPLCONF option: node-id");
    expect_sent(&talk, "*3\r\n$5\r\nPSYNC\r\n$40\r\n" ID_A "\r\n$3\r\n100\r\n");
    assert_int_equal(say(&talk, "+CONTINUE " ID_C), HANDSHAKE_CONTINUE);
    assert_string_equal(talk.handshake.master_id.text, ID_C);
    end(&talk);
}

static struct handshake_settings all_ahead(void)
{
    struct handshake_settings settings = with_history();
    settings.ahead = true;
    settings.password = STR("pw");
    repl_id_parse(STR(ID_B), &settings.node);
    return settings;
}

static void to_a_known_master_all_is_said_at_once(void **state)
{
    (void)state;
    struct talk talk;
    begin(&talk, all_ahead());
    expect_sent(&talk, "*1\r\n$4\r\nPING\r\n"
                       "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n"
                       "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$1\r\n7\r\n"
                       "*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n"
                       "$6\r\npsync2\r\n"
                       "*3\r\n$8\r\nREPLCONF\r\n$7\r\nnode-id\r\n$40\r\n" ID_B "\r\n"
                       "*3\r\n$5\r\nPSYNC\r\n$40\r\n" ID_A "\r\n$3\r\n100\r\n");
    static const char *const answers[] = {"+PONG", "+OK", "+OK", "+OK", OK_BY_C};
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        assert_int_equal(say(&talk, answers[i]), HANDSHAKE_GO_ON);
        expect_sent(&talk, "");
    }
    assert_int_equal(talk.handshake.path_len, 1);
    assert_int_equal(say(&talk, "+CONTINUE " ID_C), HANDSHAKE_CONTINUE);
    end(&talk);
}

/* A stock server at the address of a master of ours. */
static void a_psync_refused_for_what_came_with_it_is_said_again(void **state)
{
    (void)state;
    struct talk talk;
    begin(&talk, all_ahead());
    say(&talk, "+PONG"), say(&talk, "+OK"), say(&talk, "+OK"), say(&talk, "+OK");
    say(&talk, "-ERR Unrecognized REPLCONF option: node-id");
    buf_clear(&talk.sent);
    assert_int_equal(say(&talk, "-ERR SYNC and PSYNC are invalid with pending output"),
                     HANDSHAKE_GO_ON);
    expect_sent(&talk, "*3\r\n$5\r\nPSYNC\r\n$40\r\n" ID_A "\r\n$3\r\n100\r\n");
    assert_int_equal(say(&talk, "-ERR unknown command 'PSYNC'"), HANDSHAKE_LOAD);
    expect_sent(&talk, "*1\r\n$4\r\nSYNC\r\n");
    end(&talk);
}

/* What was said ahead changes nothing of what an answer means. */
static void answers_to_what_was_said_at_once_are_judged_in_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *lines[6];
        enum handshake_row row;
        enum handshake_failure failure;
    } cases[] = {
        {{"-LOADING wait"}, HANDSHAKE_PING, HANDSHAKE_MASTER_LOADING},
        {{"-MASTERDOWN x"}, HANDSHAKE_PING, HANDSHAKE_MASTER_DETACHED},
        {{"-NOAUTH x", "-WRONGPASS no"}, HANDSHAKE_AUTH, HANDSHAKE_AUTH_REFUSED},
        {{"+PONG", "+OK", "+OK", "+OK", "-LOOP x"}, HANDSHAKE_NODE, HANDSHAKE_LOOP},
        {{"+PONG", "+OK", "+OK", "+OK", OK_BY_CB}, HANDSHAKE_NODE, HANDSHAKE_LOOP},
        {{"+PONG", "+OK", "-ERR", "-ERR", "-ERR", "-NOMASTERLINK x"},
         HANDSHAKE_PSYNC,
         HANDSHAKE_MASTER_DETACHED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct talk talk;
        begin(&talk, all_ahead());
        buf_clear(&talk.sent);
        enum handshake_verdict verdict = HANDSHAKE_GO_ON;
        for (int at = 0; at < 6 && cases[i].lines[at]; at++) {
            assert_int_equal(verdict, HANDSHAKE_GO_ON);
            verdict = say(&talk, cases[i].lines[at]);
        }
        assert_int_equal(verdict, HANDSHAKE_FAILED);
        assert_int_equal(talk.handshake.row, cases[i].row);
        assert_int_equal(talk.handshake.failure, cases[i].failure);
        expect_sent(&talk, "");
        end(&talk);
    }
}

static void a_master_may_continue_before_the_last_signs_of_life(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum handshake_verdict verdict;
        int64_t offset;
    } cases[] = {
        {"+CONTINUE " ID_C, HANDSHAKE_CONTINUE, 99},
        {"+CONTINUE " ID_C " 50", HANDSHAKE_CONTINUE, 50},
        {"+CONTINUE " ID_C " 51", HANDSHAKE_CONTINUE, 51},
        {"+CONTINUE " ID_C " 49", HANDSHAKE_FAILED, 49},
        {"+CONTINUE " ID_C " 100", HANDSHAKE_FAILED, 100},
        {"+CONTINUE " ID_C " x", HANDSHAKE_FAILED, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct talk talk;
        struct handshake_settings settings = with_history();
        settings.quiet = 50;
        begin(&talk, settings);
        buf_clear(&talk.sent);
        say(&talk, "+PONG");
        assert_non_null(strstr(buf_c(&talk.sent), "$12\r\nquiet-offset\r\n$2\r\n50\r\n"));
        while (talk.handshake.row != HANDSHAKE_PSYNC) say(&talk, "-ERR what?");
        assert_int_equal(say(&talk, cases[i].answer), cases[i].verdict);
        if (cases[i].verdict == HANDSHAKE_CONTINUE) {
            assert_int_equal(talk.handshake.offset, cases[i].offset);
            assert_string_equal(talk.handshake.master_id.text, ID_C);
        }
        end(&talk);
    }
    struct talk talk;
    reach_psync(&talk, with_history());
    assert_int_equal(say(&talk, "+CONTINUE " ID_C " 50"), HANDSHAKE_FAILED);
    end(&talk);
}

static void what_is_not_asked_for_is_not_said(void **state)
{
    (void)state;
    struct talk talk;
    begin(&talk, (struct handshake_settings){.port = 6380});
    say(&talk, "-NOAUTH Authentication required.");
    expect_sent(&talk, "*1\r\n$4\r\nPING\r\n"
                       "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n6380\r\n"
                       "*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n"
                       "$6\r\npsync2\r\n");
    say(&talk, "-ERR no such thing");
    say(&talk, "-ERR no such thing");
    expect_sent(&talk, "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n");
    assert_int_equal(say(&talk, ""), HANDSHAKE_GO_ON);
    assert_int_equal(say(&talk, "+FULLRESYNC " ID_B " 4711"), HANDSHAKE_LOAD);
    assert_string_equal(talk.handshake.master_id.text, ID_B);
    assert_int_equal(talk.handshake.offset, 4711);
    end(&talk);
}

static void a_master_too_old_for_psync_is_asked_for_sync(void **state)
{
    (void)state;
    struct talk talk;
    reach_psync(&talk, with_history());
    assert_int_equal(say(&talk, "-ERR unknown command 'PSYNC'"), HANDSHAKE_LOAD);
    expect_sent(&talk, "*1\r\n$4\r\nSYNC\r\n");
    assert_false(repl_id_is_set(&talk.handshake.master_id));
    end(&talk);
}

static void a_replica_that_takes_over_says_so_and_never_falls_back(void **state)
{
    (void)state;
    struct talk talk;
    struct handshake_settings settings = with_history();
    settings.failover = true;
    begin(&talk, settings);
    say(&talk, "+PONG"), say(&talk, "+OK");
    buf_clear(&talk.sent);
    say(&talk, "+OK");
    expect_sent(&talk, "*4\r\n$5\r\nPSYNC\r\n$40\r\n" ID_A "\r\n$3\r\n100\r\n$8\r\nFAILOVER\r\n");
    assert_int_equal(say(&talk, "-ERR PSYNC FAILOVER replid must match my replid."),
                     HANDSHAKE_FAILED);
    assert_int_equal(talk.handshake.failure, HANDSHAKE_SYNC_REFUSED);
    end(&talk);
}

/* What an answer to PING, and to PSYNC with a known history, leads to. */
static const struct {
    enum handshake_row at;
    const char *line;
    enum handshake_verdict verdict;
    enum handshake_failure failure;
} answers[] = {
    {HANDSHAKE_PING, "+PONG", HANDSHAKE_GO_ON, 0},
    {HANDSHAKE_PING, "-NOPERM no", HANDSHAKE_GO_ON, 0},
    {HANDSHAKE_PING, "-ERR operation not permitted", HANDSHAKE_GO_ON, 0},
    {HANDSHAKE_PING, "-ERR max number of clients", HANDSHAKE_FAILED, HANDSHAKE_PING_REFUSED},
    {HANDSHAKE_PING, "-LOADING wait", HANDSHAKE_FAILED, HANDSHAKE_MASTER_LOADING},
    {HANDSHAKE_PING, "-MASTERDOWN x", HANDSHAKE_FAILED, HANDSHAKE_MASTER_DETACHED},
    {HANDSHAKE_PING, "HTTP/1.1 400", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PING, "$5", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+CONTINUE", HANDSHAKE_CONTINUE, 0},
    {HANDSHAKE_PSYNC, "+CONTINUE " ID_A, HANDSHAKE_CONTINUE, 0},
    {HANDSHAKE_PSYNC, "+CONTINUE xyz", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+CONTINUED", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+FULLRESYNC " ID_A " 0", HANDSHAKE_LOAD, 0},
    {HANDSHAKE_PSYNC, "+FULLRESYNC " ID_A " -1", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+FULLRESYNC " ID_A " 9223372036854775807", HANDSHAKE_FAILED,
     HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+FULLRESYNC " ID_A " 9223372036854775808", HANDSHAKE_FAILED,
     HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+FULLRESYNC " ID_A, HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "+FULLRESYNC x 5", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
    {HANDSHAKE_PSYNC, "-NOMASTERLINK Can't", HANDSHAKE_FAILED, HANDSHAKE_MASTER_DETACHED},
    {HANDSHAKE_PSYNC, "-LOADING wait", HANDSHAKE_FAILED, HANDSHAKE_MASTER_LOADING},
    {HANDSHAKE_PSYNC, "-LOOP you follow me", HANDSHAKE_FAILED, HANDSHAKE_LOOP},
    {HANDSHAKE_PSYNC, "-NOPERM no", HANDSHAKE_FAILED, HANDSHAKE_SYNC_REFUSED},
    {HANDSHAKE_PSYNC, "+OK", HANDSHAKE_FAILED, HANDSHAKE_NONSENSE},
};

static void every_answer_has_its_consequence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        struct talk talk;
        if (answers[i].at == HANDSHAKE_PING)
            begin(&talk, with_history());
        else
            reach_psync(&talk, with_history());
        enum handshake_verdict verdict = say(&talk, answers[i].line);
        if (verdict != answers[i].verdict || talk.handshake.failure != answers[i].failure) {
            fail_msg("%s to %s: verdict %d, %s", answers[i].line, handshake_row_name(answers[i].at),
                     verdict, handshake_failure_name(talk.handshake.failure));
        }
        end(&talk);
    }
}

static void nobody_continues_a_history_it_did_not_ask_for(void **state)
{
    (void)state;
    struct talk talk;
    reach_psync(&talk, (struct handshake_settings){.port = 7});
    assert_int_equal(say(&talk, "+CONTINUE " ID_A), HANDSHAKE_FAILED);
    end(&talk);
}

static void a_wrong_password_ends_the_attempt_with_the_masters_words(void **state)
{
    (void)state;
    struct talk talk;
    begin(&talk, (struct handshake_settings){.password = STR("x")});
    say(&talk, "+PONG");
    assert_int_equal(say(&talk, "-WRONGPASS no\x01such"), HANDSHAKE_FAILED);
    assert_int_equal(talk.handshake.failure, HANDSHAKE_AUTH_REFUSED);
    assert_string_equal(talk.handshake.error, "-WRONGPASS no?such");
    end(&talk);
}

static void a_server_that_finds_itself_above_its_master_does_not_follow(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum handshake_verdict verdict;
        size_t path;
    } paths[] = {
        {"+OK", HANDSHAKE_GO_ON, 0},
        {"+OK " ID_B, HANDSHAKE_GO_ON, 1},
        {"+OK " ID_B "," ID_C, HANDSHAKE_GO_ON, 2},
        {"+OK " ID_B "," ID_A, HANDSHAKE_FAILED, 2},
        {"+OK " ID_A, HANDSHAKE_FAILED, 1},
        {"+OK what", HANDSHAKE_GO_ON, 0},
        {"-LOOP that is you", HANDSHAKE_FAILED, 0},
        {"-ERR what", HANDSHAKE_GO_ON, 0},
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct talk talk;
        struct handshake_settings settings = {0};
        repl_id_parse(STR(ID_A), &settings.node);
        begin(&talk, settings);
        say(&talk, "+PONG"), say(&talk, "+OK"), say(&talk, "+OK");
        assert_int_equal(say(&talk, paths[i].line), paths[i].verdict);
        assert_int_equal(talk.handshake.path_len, paths[i].path);
        if (paths[i].verdict == HANDSHAKE_FAILED)
            assert_int_equal(talk.handshake.failure, HANDSHAKE_LOOP);
        end(&talk);
    }
}

static void a_path_longer_than_the_room_for_it_is_cut(void **state)
{
    (void)state;
    struct talk talk;
    struct handshake_settings settings = {0};
    repl_id_parse(STR(ID_A), &settings.node);
    begin(&talk, settings);
    say(&talk, "+PONG"), say(&talk, "+OK"), say(&talk, "+OK");
    struct buf line = {0};
    buf_append_c(&line, "+OK " ID_B);
    for (int i = 0; i < 50; i++) buf_append_c(&line, "," ID_C);
    assert_int_equal(say(&talk, buf_c(&line)), HANDSHAKE_GO_ON);
    assert_int_equal(talk.handshake.path_len, HANDSHAKE_PATH_MAX);
    buf_deinit(&line);
    end(&talk);
}

static enum handshake_verdict tick(struct talk *talk, int64_t now_ms)
{
    struct handshake_event event = {HANDSHAKE_ON_TICK, now_ms, {0}};
    return handshake_step(&talk->handshake, &event, &talk->sent);
}

static void silence_ends_the_attempt_and_empty_lines_are_not_silence(void **state)
{
    (void)state;
    struct talk talk;
    reach_psync(&talk, with_history());
    assert_int_equal(tick(&talk, 1499), HANDSHAKE_GO_ON);
    talk.now_ms = 1499;
    say(&talk, "");
    assert_int_equal(tick(&talk, 1998), HANDSHAKE_GO_ON);
    assert_int_equal(tick(&talk, 1999), HANDSHAKE_FAILED);
    assert_int_equal(talk.handshake.failure, HANDSHAKE_TIMED_OUT);
    end(&talk);
    begin(&talk, with_history());
    struct handshake_event closed = {HANDSHAKE_ON_CLOSE, 1001, {0}};
    assert_int_equal(handshake_step(&talk.handshake, &closed, &talk.sent), HANDSHAKE_FAILED);
    assert_int_equal(talk.handshake.failure, HANDSHAKE_LOST_CONNECTION);
    end(&talk);
}

static void lines_are_cut_at_their_end_and_never_grow_without_one(void **state)
{
    (void)state;
    struct str in = STR("+OK\r\n\n-ERR x\nrest"), line;
    assert_int_equal(handshake_next_line(&in, &line), LINE_READY);
    assert_true(str_eq(line, STR("+OK")));
    assert_int_equal(handshake_next_line(&in, &line), LINE_READY);
    assert_int_equal(line.len, 0);
    assert_int_equal(handshake_next_line(&in, &line), LINE_READY);
    assert_true(str_eq(line, STR("-ERR x")));
    assert_int_equal(handshake_next_line(&in, &line), LINE_MORE);
    assert_true(str_eq(in, STR("rest")));
    static char flood[HANDSHAKE_LINE_MAX + 2];
    memset(flood, 'x', sizeof(flood));
    in = str_of(flood, HANDSHAKE_LINE_MAX);
    assert_int_equal(handshake_next_line(&in, &line), LINE_MORE);
    in = str_of(flood, HANDSHAKE_LINE_MAX + 1);
    assert_int_equal(handshake_next_line(&in, &line), LINE_TOO_LONG);
    flood[HANDSHAKE_LINE_MAX + 1] = '\n';
    in = str_of(flood, HANDSHAKE_LINE_MAX + 2);
    assert_int_equal(handshake_next_line(&in, &line), LINE_TOO_LONG);
}

static void grows_up_to(int64_t max_ms)
{
    struct backoff backoff = {0};
    assert_int_equal(backoff_next(&backoff, max_ms, 7), 0);
    int64_t low = BACKOFF_FIRST_MS / 2;
    for (int i = 0; i < 20; i++) {
        struct backoff copy = backoff;
        assert_int_equal(backoff_next(&copy, max_ms, 0), low);
        int64_t wait = backoff_next(&backoff, max_ms, 0x123456789abcdefu * (unsigned)(i + 1));
        assert_in_range(wait, low, low * 2);
        low = low * 2 < max_ms / 2 ? low * 2 : max_ms / 2;
    }
    assert_false(backoff_broke(&backoff, BACKOFF_STABLE_MS - 1));
    assert_true(backoff_next(&backoff, max_ms, 0) > 0);
    assert_true(backoff_broke(&backoff, BACKOFF_STABLE_MS));
    assert_int_equal(backoff_next(&backoff, max_ms, 0), 0);
}

static void attempts_begin_at_once_and_grow_rarer_with_a_spread(void **state)
{
    (void)state;
    grows_up_to(BACKOFF_FAILED_MAX_MS);
    grows_up_to(BACKOFF_AWAY_MAX_MS);
}

/* However long a master is away, and whatever chance says. */
static void who_is_away_is_asked_less_than_once_a_second(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    struct prng prng;
    prng_init(&prng, 1);
    int64_t waited_ms = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t wait_ms = backoff_next(&backoff, BACKOFF_AWAY_MAX_MS, prng_next(&prng));
        assert_true(wait_ms <= BACKOFF_AWAY_MAX_MS);
        waited_ms += wait_ms;
    }
    assert_true(waited_ms > 1000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_announcements_go_out_at_once_and_their_answers_come_in_order),
        cmocka_unit_test(to_a_known_master_all_is_said_at_once),
        cmocka_unit_test(a_psync_refused_for_what_came_with_it_is_said_again),
        cmocka_unit_test(answers_to_what_was_said_at_once_are_judged_in_their_order),
        cmocka_unit_test(a_master_may_continue_before_the_last_signs_of_life),
        cmocka_unit_test(what_is_not_asked_for_is_not_said),
        cmocka_unit_test(a_master_too_old_for_psync_is_asked_for_sync),
        cmocka_unit_test(a_replica_that_takes_over_says_so_and_never_falls_back),
        cmocka_unit_test(every_answer_has_its_consequence),
        cmocka_unit_test(nobody_continues_a_history_it_did_not_ask_for),
        cmocka_unit_test(a_wrong_password_ends_the_attempt_with_the_masters_words),
        cmocka_unit_test(a_server_that_finds_itself_above_its_master_does_not_follow),
        cmocka_unit_test(a_path_longer_than_the_room_for_it_is_cut),
        cmocka_unit_test(silence_ends_the_attempt_and_empty_lines_are_not_silence),
        cmocka_unit_test(lines_are_cut_at_their_end_and_never_grow_without_one),
        cmocka_unit_test(attempts_begin_at_once_and_grow_rarer_with_a_spread),
        cmocka_unit_test(who_is_away_is_asked_less_than_once_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
