#include "repl/handshake.h"

#include "base/num.h"
#include "base/offset.h"

struct row {
    const char *name;
    bool (*is_wanted)(const struct handshake_settings *settings);
    void (*write)(const struct handshake_settings *settings, struct buf *send);
    enum handshake_verdict (*judge)(struct handshake *handshake, struct str line, struct buf *send);
    bool in_batch; /* sent together with the others of the batch, replies come in order */
};

static const struct row rows[HANDSHAKE_ROWS];

/* --- requests --- */

static void write_request(struct buf *send, const struct str *words, size_t count)
{
    buf_append_char(send, '*');
    buf_append_u64(send, count);
    buf_append_c(send, "\r\n");
    for (size_t i = 0; i < count; i++) {
        buf_append_char(send, '$');
        buf_append_u64(send, words[i].len);
        buf_append_c(send, "\r\n");
        buf_append_str(send, words[i]);
        buf_append_c(send, "\r\n");
    }
}

#define WRITE(send, ...)                                                                           \
    write_request((send), (const struct str[]){__VA_ARGS__},                                       \
                  sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

static void write_ping(const struct handshake_settings *settings, struct buf *send)
{
    (void)settings;
    WRITE(send, STR("PING"));
}

static void write_auth(const struct handshake_settings *settings, struct buf *send)
{
    if (settings->user.len)
        WRITE(send, STR("AUTH"), settings->user, settings->password);
    else
        WRITE(send, STR("AUTH"), settings->password);
}

static void write_port(const struct handshake_settings *settings, struct buf *send)
{
    char digits[NUM_I64_MAX];
    size_t len = num_format_i64(digits, settings->port);
    WRITE(send, STR("REPLCONF"), STR("listening-port"), str_of(digits, len));
}

static void write_ip(const struct handshake_settings *settings, struct buf *send)
{
    WRITE(send, STR("REPLCONF"), STR("ip-address"), settings->ip);
}

static void write_capa(const struct handshake_settings *settings, struct buf *send)
{
    (void)settings;
    WRITE(send, STR("REPLCONF"), STR("capa"), STR("eof"), STR("capa"), STR("psync2"));
}

static void write_node(const struct handshake_settings *settings, struct buf *send)
{
    WRITE(send, STR("REPLCONF"), STR("node-id"), repl_id_str(&settings->node));
}

static void write_quiet(const struct handshake_settings *settings, struct buf *send)
{
    char digits[NUM_I64_MAX];
    size_t len = num_format_i64(digits, settings->quiet);
    WRITE(send, STR("REPLCONF"), STR("quiet-offset"), str_of(digits, len));
}

static void write_psync(const struct handshake_settings *settings, struct buf *send)
{
    char digits[NUM_I64_MAX];
    bool has_id = repl_id_is_set(&settings->id);
    size_t len = has_id ? num_format_i64(digits, offset_to_wire(settings->offset))
                        : num_format_i64(digits, -1);
    struct str id = has_id ? repl_id_str(&settings->id) : STR("?");
    struct str words[] = {STR("PSYNC"), id, str_of(digits, len), STR("FAILOVER")};
    write_request(send, words, settings->failover ? 4 : 3);
}

static void write_sync(const struct handshake_settings *settings, struct buf *send)
{
    (void)settings;
    WRITE(send, STR("SYNC"));
}

static bool has_password(const struct handshake_settings *settings)
{
    return settings->password.len > 0;
}

static bool has_ip(const struct handshake_settings *settings)
{
    return settings->ip.len > 0;
}

static bool has_node(const struct handshake_settings *settings)
{
    return repl_id_is_set(&settings->node);
}

static bool has_quiet(const struct handshake_settings *settings)
{
    return repl_id_is_set(&settings->id) && settings->quiet < settings->offset;
}

static bool always(const struct handshake_settings *settings)
{
    (void)settings;
    return true;
}

/* Only the judge of PSYNC leads there. */
static bool never(const struct handshake_settings *settings)
{
    (void)settings;
    return false;
}

/* --- moving through the rows --- */

static enum handshake_verdict fail(struct handshake *handshake, enum handshake_failure failure,
                                   struct str line)
{
    handshake->failure = failure;
    size_t len = 0;
    for (size_t i = 0; i < line.len && len < sizeof(handshake->error) - 1; i++) {
        bool printable = line.ptr[i] >= ' ' && line.ptr[i] <= '~';
        handshake->error[len++] = printable ? line.ptr[i] : '?';
    }
    handshake->error[len] = '\0';
    return HANDSHAKE_FAILED;
}

static enum handshake_row next_row(const struct handshake *handshake, enum handshake_row row)
{
    do row++;
    while (!rows[row].is_wanted(&handshake->settings));
    return row;
}

/* The batch is written when its first row is entered; the others only wait for their replies. */
static enum handshake_verdict go_on(struct handshake *handshake, struct buf *send)
{
    enum handshake_row before = handshake->row, row = next_row(handshake, before);
    handshake->row = row;
    if (handshake->is_ahead) return HANDSHAKE_GO_ON;
    if (!rows[row].in_batch) {
        rows[row].write(&handshake->settings, send);
        return HANDSHAKE_GO_ON;
    }
    if (rows[before].in_batch) return HANDSHAKE_GO_ON;
    for (; rows[row].in_batch; row = next_row(handshake, row)) {
        rows[row].write(&handshake->settings, send);
    }
    return HANDSHAKE_GO_ON;
}

/* --- replies --- */

static bool is_error(struct str line)
{
    return line.len > 0 && line.ptr[0] == '-';
}

static bool is_status(struct str line)
{
    return line.len > 0 && line.ptr[0] == '+';
}

/* "it is not ready": true with the failure. */
static bool is_not_ready(struct str line, enum handshake_failure *failure)
{
    static const struct {
        struct str prefix;
        enum handshake_failure failure;
    } states[] = {
        {STR_INIT("-LOADING"), HANDSHAKE_MASTER_LOADING},
        {STR_INIT("-NOMASTERLINK"), HANDSHAKE_MASTER_DETACHED},
        {STR_INIT("-MASTERDOWN"), HANDSHAKE_MASTER_DETACHED},
        {STR_INIT("-LOOP"), HANDSHAKE_LOOP},
    };
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        if (!str_starts_with(line, states[i].prefix)) continue;
        *failure = states[i].failure;
        return true;
    }
    return false;
}

static enum handshake_verdict judge_ping(struct handshake *handshake, struct str line,
                                         struct buf *send)
{
    static const struct str tolerated[] = {STR_INIT("+"), STR_INIT("-NOAUTH"), STR_INIT("-NOPERM"),
                                           STR_INIT("-ERR operation not permitted")};
    for (size_t i = 0; i < sizeof(tolerated) / sizeof(*tolerated); i++) {
        if (str_starts_with(line, tolerated[i])) return go_on(handshake, send);
    }
    enum handshake_failure failure = HANDSHAKE_PING_REFUSED;
    is_not_ready(line, &failure);
    return fail(handshake, failure, line);
}

static enum handshake_verdict judge_auth(struct handshake *handshake, struct str line,
                                         struct buf *send)
{
    if (is_error(line)) return fail(handshake, HANDSHAKE_AUTH_REFUSED, line);
    return go_on(handshake, send);
}

static enum handshake_verdict judge_announcement(struct handshake *handshake, struct str line,
                                                 struct buf *send)
{
    (void)line;
    return go_on(handshake, send);
}

/* "+OK id,id,...": the master and those it follows. Masters that do not know the question answer
 * an error, and tell nothing. */
static enum handshake_verdict judge_node(struct handshake *handshake, struct str line,
                                         struct buf *send)
{
    enum handshake_failure failure;
    if (is_not_ready(line, &failure)) return fail(handshake, failure, line);
    if (!str_starts_with(line, STR("+OK "))) return go_on(handshake, send);
    struct str rest = str_from(line, 4), part;
    while (handshake->path_len < HANDSHAKE_PATH_MAX && str_split(&rest, ',', &part)) {
        struct repl_id *id = &handshake->path[handshake->path_len];
        if (!repl_id_parse(part, id)) break;
        handshake->path_len++;
        if (repl_id_eq(id, &handshake->settings.node)) return fail(handshake, HANDSHAKE_LOOP, line);
    }
    return go_on(handshake, send);
}

static enum handshake_verdict take_full(struct handshake *handshake, struct str line)
{
    struct str rest = str_from(line, STR("+FULLRESYNC ").len), id;
    if (!str_split(&rest, ' ', &id) || !repl_id_parse(id, &handshake->master_id) ||
        !num_parse_i64(rest, &handshake->offset) || handshake->offset < 0 ||
        handshake->offset > OFFSET_MAX)
        return fail(handshake, HANDSHAKE_NONSENSE, line);
    return HANDSHAKE_LOAD;
}

static enum handshake_verdict take_continue(struct handshake *handshake, struct str line)
{
    const struct handshake_settings *settings = &handshake->settings;
    struct str rest = str_trim(str_from(line, STR("+CONTINUE").len)), id = rest;
    bool has_offset = rest.len > REPL_ID_LEN && str_split(&rest, ' ', &id);
    handshake->offset = settings->offset;
    if (has_offset && (!has_quiet(settings) || !num_parse_i64(rest, &handshake->offset) ||
                       handshake->offset < settings->quiet || handshake->offset > settings->offset))
        return fail(handshake, HANDSHAKE_NONSENSE, line);
    bool asked = repl_id_is_set(&settings->id);
    if (!asked || (id.len && !repl_id_parse(id, &handshake->master_id)))
        return fail(handshake, HANDSHAKE_NONSENSE, line);
    return HANDSHAKE_CONTINUE;
}

static enum handshake_verdict judge_psync(struct handshake *handshake, struct str line,
                                          struct buf *send)
{
    if (str_starts_with(line, STR("+FULLRESYNC "))) return take_full(handshake, line);
    if (str_eq(line, STR("+CONTINUE")) || str_starts_with(line, STR("+CONTINUE ")))
        return take_continue(handshake, line);
    enum handshake_failure failure;
    if (is_not_ready(line, &failure)) return fail(handshake, failure, line);
    bool is_refused = str_starts_with(line, STR("-ERR"));
    if (is_refused && handshake->is_ahead) {
        handshake->is_ahead = false;
        write_psync(&handshake->settings, send);
        return HANDSHAKE_GO_ON;
    }
    /* A master that hands over must know PSYNC; an old one answers that it does not know it. */
    if (is_refused && !handshake->settings.failover) {
        handshake->row = HANDSHAKE_SYNC;
        write_sync(&handshake->settings, send);
        return HANDSHAKE_LOAD;
    }
    return fail(handshake, is_error(line) ? HANDSHAKE_SYNC_REFUSED : HANDSHAKE_NONSENSE, line);
}

static const struct row rows[HANDSHAKE_ROWS] = {
    [HANDSHAKE_PING] = {"ping", always, write_ping, judge_ping, false},
    [HANDSHAKE_AUTH] = {"auth", has_password, write_auth, judge_auth, true},
    [HANDSHAKE_PORT] = {"port", always, write_port, judge_announcement, true},
    [HANDSHAKE_IP] = {"ip", has_ip, write_ip, judge_announcement, true},
    [HANDSHAKE_CAPA] = {"capa", always, write_capa, judge_announcement, true},
    [HANDSHAKE_NODE] = {"node", has_node, write_node, judge_node, true},
    [HANDSHAKE_QUIET] = {"quiet", has_quiet, write_quiet, judge_announcement, true},
    [HANDSHAKE_PSYNC] = {"psync", always, write_psync, judge_psync, false},
    [HANDSHAKE_SYNC] = {"sync", never, write_sync, NULL, false},
};

const char *handshake_row_name(enum handshake_row row)
{
    return rows[row].name;
}

const char *handshake_failure_name(enum handshake_failure failure)
{
    static const char *const names[HANDSHAKE_FAILURES] = {
        [HANDSHAKE_NO_FAILURE] = "none",
        [HANDSHAKE_LOST_CONNECTION] = "connection-lost",
        [HANDSHAKE_TIMED_OUT] = "timeout",
        [HANDSHAKE_PING_REFUSED] = "ping-refused",
        [HANDSHAKE_AUTH_REFUSED] = "auth-refused",
        [HANDSHAKE_LOOP] = "loop",
        [HANDSHAKE_MASTER_LOADING] = "master-loading",
        [HANDSHAKE_MASTER_DETACHED] = "master-detached",
        [HANDSHAKE_SYNC_REFUSED] = "sync-refused",
        [HANDSHAKE_NONSENSE] = "protocol-error",
    };
    return names[failure];
}

bool handshake_is_away(enum handshake_failure failure)
{
    return failure == HANDSHAKE_LOST_CONNECTION || failure == HANDSHAKE_MASTER_LOADING ||
           failure == HANDSHAKE_MASTER_DETACHED;
}

/* --- events --- */

void handshake_init(struct handshake *handshake, const struct handshake_settings *settings,
                    int64_t now_ms)
{
    *handshake = (struct handshake){.settings = *settings};
    handshake->deadline_ms = now_ms + settings->timeout_ms;
}

static void on_connect(struct handshake *handshake, struct buf *send)
{
    const struct handshake_settings *settings = &handshake->settings;
    rows[HANDSHAKE_PING].write(settings, send);
    handshake->is_ahead = settings->ahead;
    if (!handshake->is_ahead) return;
    enum handshake_row row = HANDSHAKE_PING;
    do {
        row = next_row(handshake, row);
        rows[row].write(settings, send);
    } while (row != HANDSHAKE_PSYNC);
}

static enum handshake_verdict on_line(struct handshake *handshake, struct str line,
                                      struct buf *send)
{
    if (line.len == 0) return HANDSHAKE_GO_ON;
    if (!is_status(line) && !is_error(line)) return fail(handshake, HANDSHAKE_NONSENSE, line);
    return rows[handshake->row].judge(handshake, line, send);
}

void handshake_set_timeout(struct handshake *handshake, int64_t timeout_ms)
{
    handshake->deadline_ms += timeout_ms - handshake->settings.timeout_ms;
    handshake->settings.timeout_ms = timeout_ms;
}

enum handshake_verdict handshake_step(struct handshake *handshake,
                                      const struct handshake_event *event, struct buf *send)
{
    switch (event->kind) {
    case HANDSHAKE_ON_CONNECT:
        handshake->deadline_ms = event->now_ms + handshake->settings.timeout_ms;
        on_connect(handshake, send);
        return HANDSHAKE_GO_ON;
    case HANDSHAKE_ON_LINE:
        handshake->deadline_ms = event->now_ms + handshake->settings.timeout_ms;
        return on_line(handshake, event->line, send);
    case HANDSHAKE_ON_TICK:
        if (event->now_ms < handshake->deadline_ms) return HANDSHAKE_GO_ON;
        return fail(handshake, HANDSHAKE_TIMED_OUT, (struct str){0});
    case HANDSHAKE_ON_CLOSE:
        return fail(handshake, HANDSHAKE_LOST_CONNECTION, (struct str){0});
    }
    return HANDSHAKE_FAILED;
}

enum line_verdict handshake_next_line(struct str *in, struct str *line)
{
    ptrdiff_t end = str_find_char(*in, '\n');
    if (end < 0) return in->len > HANDSHAKE_LINE_MAX ? LINE_TOO_LONG : LINE_MORE;
    if (end > HANDSHAKE_LINE_MAX) return LINE_TOO_LONG;
    *line = str_first(*in, (size_t)end);
    if (line->len && line->ptr[line->len - 1] == '\r') line->len--;
    *in = str_from(*in, (size_t)end + 1);
    return LINE_READY;
}
