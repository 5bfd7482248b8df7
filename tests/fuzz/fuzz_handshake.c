/* Any lines as the answers of a master: the handshake ends or waits, goes through its rows in
 * order, says nothing but whole requests that a master understands, and believes no answer that
 * would lead nowhere.
 *
 * The first byte chooses what is announced; a line that begins with '!' is answered by a master
 * that understood what it was sent, so that the later rows are reached too. */
#include "repl/handshake.h"

#include "base/offset.h"
#include "proto/request.h"
#include "repl/replconf.h"
#include "repl/resync.h"

#include <stdlib.h>

enum { HAS_USER = 1, HAS_PASSWORD = 2, HAS_IP = 4, HAS_NODE = 8, HAS_ID = 16, TAKES_OVER = 32 };
enum { AHEAD = 64 };
enum { WORDS_MAX = 8, TIMEOUT_MS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The other end: it reads what the replica says, and has its answers ready. */
struct master {
    struct buf in, answers;
    bool asked_for_data, may_be_asked_again;
};

static struct repl_id id_of(char digit)
{
    struct repl_id id = {0};
    memset(id.text, digit, REPL_ID_LEN);
    return id;
}

static void answer_replconf(struct master *master, const struct str *argv, size_t argc)
{
    struct replconf said;
    struct buf error = {0};
    replconf_parse(argv, argc, &said, &error);
    if (said.kind != REPLCONF_SETTINGS || error.len) abort();
    buf_append_c(&master->answers, said.has_node ? "+OK " : "+OK\n");
    if (said.has_node) {
        struct repl_id above = id_of('c');
        buf_append_str(&master->answers, repl_id_str(&above));
        buf_append_char(&master->answers, '\n');
    }
    buf_deinit(&error);
}

static void answer_psync(struct master *master, const struct handshake_settings *settings,
                         const struct str *argv, size_t argc)
{
    struct resync_request request =
        argc >= 3 ? resync_parse(argv[1], argv[2]) : (struct resync_request){.malformed = true};
    if (request.malformed || !repl_id_eq(&request.id, &settings->id)) abort();
    if (repl_id_is_set(&request.id) && request.offset != settings->offset) abort();
    if ((argc == 4) != settings->failover) abort();
    buf_append_c(&master->answers, repl_id_is_set(&request.id) ? "+CONTINUE\n" : "+FULLRESYNC ");
    if (repl_id_is_set(&request.id)) return;
    struct repl_id id = id_of('d');
    buf_append_str(&master->answers, repl_id_str(&id));
    buf_append_c(&master->answers, " 77\n");
}

static void understand(struct master *master, const struct handshake_settings *settings,
                       const struct str *argv, size_t argc)
{
    bool is_again = master->asked_for_data && !str_is(argv[0], "sync");
    if (is_again && !(str_is(argv[0], "psync") && master->may_be_asked_again)) abort();
    if (is_again) master->may_be_asked_again = false;
    if (str_is(argv[0], "ping")) {
        buf_append_c(&master->answers, "+PONG\n");
    } else if (str_is(argv[0], "auth")) {
        if (!str_eq(argv[argc - 1], settings->password)) abort();
        buf_append_c(&master->answers, "+OK\n");
    } else if (str_is(argv[0], "replconf")) {
        answer_replconf(master, argv, argc);
    } else if (str_is(argv[0], "psync")) {
        answer_psync(master, settings, argv, argc);
    } else if (!str_is(argv[0], "sync")) {
        abort();
    }
    master->asked_for_data |= str_is(argv[0], "psync") || str_is(argv[0], "sync");
}

static void hear(struct master *master, const struct handshake_settings *settings)
{
    static const struct request_limits limits = {
        .args_max = WORDS_MAX, .bulk_max = 1024, .authenticated = true};
    struct request_parser parser;
    request_parser_init(&parser);
    while (master->in.len) {
        struct str argv[WORDS_MAX];
        struct str bytes = buf_str(&master->in);
        if (request_parse(&parser, bytes, &limits) != REQUEST_READY) abort();
        request_args(&parser, bytes, argv);
        understand(master, settings, argv, (size_t)parser.argc);
        buf_consume(&master->in, request_finish(&parser));
    }
    request_parser_deinit(&parser);
}

static void check(const struct handshake *handshake, enum handshake_verdict verdict)
{
    if (handshake->path_len > HANDSHAKE_PATH_MAX) abort();
    if (strlen(handshake->error) >= HANDSHAKE_ERROR_MAX) abort();
    if ((verdict == HANDSHAKE_FAILED) != (handshake->failure != HANDSHAKE_NO_FAILURE)) abort();
    bool has_id = repl_id_is_set(&handshake->settings.id);
    if (verdict == HANDSHAKE_CONTINUE && !has_id) abort();
    if (verdict != HANDSHAKE_LOAD) return;
    bool is_named = repl_id_is_set(&handshake->master_id);
    if (handshake->row == HANDSHAKE_SYNC) {
        if (is_named || handshake->settings.failover) abort();
    } else if (!is_named || handshake->offset < 0 || handshake->offset > OFFSET_MAX) {
        abort();
    }
}

static struct handshake_settings choose(unsigned choice)
{
    struct handshake_settings settings = {.port = 6380, .timeout_ms = TIMEOUT_MS};
    if (choice & HAS_USER) settings.user = STR("replica");
    if (choice & HAS_PASSWORD) settings.password = STR("pass word\r\n");
    if (choice & HAS_IP) settings.ip = STR("replica.test");
    if (choice & HAS_NODE) settings.node = id_of('a');
    if (choice & (HAS_ID | TAKES_OVER)) settings.id = id_of('b');
    settings.offset = 4711;
    settings.failover = (choice & TAKES_OVER) != 0;
    settings.ahead = (choice & AHEAD) != 0;
    return settings;
}

static enum handshake_verdict take(struct handshake *handshake, struct master *master,
                                   struct handshake_event event)
{
    enum handshake_row before = handshake->row;
    enum handshake_verdict verdict = handshake_step(handshake, &event, &master->in);
    if (handshake->row < before) abort();
    check(handshake, verdict);
    hear(master, &handshake->settings);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct handshake handshake;
    struct handshake_settings settings = choose(data[0]);
    struct master master = {.may_be_asked_again = settings.ahead};
    struct str rest = str_of((const char *)data + 1, size - 1), line;
    handshake_init(&handshake, &settings, 0);
    enum handshake_verdict verdict =
        take(&handshake, &master, (struct handshake_event){HANDSHAKE_ON_CONNECT, 0, {0}});
    while (verdict == HANDSHAKE_GO_ON && handshake_next_line(&rest, &line) == LINE_READY) {
        struct buf copy = {0};
        struct str answers = buf_str(&master.answers), own;
        bool is_own =
            str_starts_with(line, STR("!")) && handshake_next_line(&answers, &own) == LINE_READY;
        buf_append_str(&copy, is_own ? own : line);
        if (is_own) buf_consume(&master.answers, master.answers.len - answers.len);
        struct handshake_event event = {HANDSHAKE_ON_LINE, 1, buf_str(&copy)};
        verdict = take(&handshake, &master, event);
        buf_deinit(&copy);
    }
    struct handshake_event late = {HANDSHAKE_ON_TICK, 2 * TIMEOUT_MS, {0}};
    if (verdict == HANDSHAKE_GO_ON && take(&handshake, &master, late) != HANDSHAKE_FAILED) abort();
    buf_deinit(&master.in);
    buf_deinit(&master.answers);
    return 0;
}
