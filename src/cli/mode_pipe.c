/* Mass insertion: standard input goes to the server as it is, replies are counted as they come.
 *
 * After the input an ECHO of a random text is sent; its reply proves that everything before was
 * answered. */
#include "cli/modes.h"

#include "base/prng.h"
#include "cli/clock.h"
#include "cli/output.h"
#include "cli/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, ECHO_LEN = 20 };

struct pipe_run {
    struct cli_session *session;
    struct wire *wire;
    struct buf waiting; /* for the server */
    size_t sent;
    uint64_t errors, replies;
    bool input_ended, is_done, is_lost;
    char echo[ECHO_LEN];
    int64_t last_reply_us;
    uint64_t sent_bytes;
    bool shows_progress;
    int64_t start_us, shown_us;
};

static void make_echo(char echo[ECHO_LEN])
{
    struct prng prng;
    prng_init(&prng, (uint64_t)clock_wall_us() ^ ((uint64_t)getpid() << 40));
    for (int i = 0; i < ECHO_LEN; i++) echo[i] = (char)('a' + prng_below(&prng, 26));
}

/* The empty line in front ends an inline command that lacks its own. */
static void on_input_end(struct pipe_run *run)
{
    run->input_ended = true;
    run->last_reply_us = clock_mono_us();
    buf_printf(&run->waiting, "\r\n*2\r\n$4\r\nECHO\r\n$%d\r\n%.*s\r\n", ECHO_LEN, ECHO_LEN,
               run->echo);
    printf("All data transferred. Waiting for the last reply...\n");
    output_flush();
}

static void read_input(struct pipe_run *run)
{
    buf_clear(&run->waiting);
    run->sent = 0;
    ssize_t got = read(STDIN_FILENO, buf_reserve(&run->waiting, PIECE), PIECE);
    if (got < 0 && errno == EINTR) return;
    if (got < 0) {
        fprintf(stderr, "Standard input cannot be read: %m\n");
        exit(1);
    }
    run->waiting.len = (size_t)got;
    if (got == 0) on_input_end(run);
}

static void count_reply(struct pipe_run *run, const struct reply_node *reply)
{
    run->last_reply_us = clock_mono_us();
    if (run->input_ended && reply->type == REPLY_STRING &&
        str_eq(buf_str(&reply->text), str_of(run->echo, ECHO_LEN))) {
        printf("Last reply received from server.\n");
        run->is_done = true;
        return;
    }
    run->replies++;
    if (reply->type != REPLY_ERROR) return;
    run->errors++;
    fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&reply->text)));
}

static void count_replies(struct pipe_run *run, struct str bytes)
{
    struct reply_parser *parser = &run->session->parser;
    while (bytes.len > 0 && !run->is_done) {
        enum reply_verdict verdict = reply_parser_step(parser, &bytes);
        if (verdict == REPLY_MORE) return;
        if (verdict == REPLY_BAD) {
            fprintf(stderr, "The server's answer is no protocol: %s\n", reply_parser_error(parser));
            exit(1);
        }
        struct reply_node reply;
        reply_parser_take(parser, &reply);
        count_reply(run, &reply);
        reply_node_clear(&reply);
    }
}

static void read_replies(struct pipe_run *run)
{
    char bytes[PIECE];
    ssize_t got = wire_read(run->wire, bytes, sizeof(bytes), 0);
    if (got == -ETIMEDOUT) return;
    if (got <= 0) {
        fprintf(stderr, "The connection was lost: %s\n",
                got == 0 ? "the server closed it" : strerror((int)-got));
        run->is_lost = true;
        return;
    }
    count_replies(run, str_of(bytes, (size_t)got));
}

static void write_waiting(struct pipe_run *run)
{
    struct str rest = str_from(buf_str(&run->waiting), run->sent);
    ssize_t taken = wire_write_some(run->wire, rest);
    if (taken == -EAGAIN) return;
    if (taken < 0) {
        fprintf(stderr, "Writing to the server failed: %s\n", strerror((int)-taken));
        run->is_lost = true;
        return;
    }
    run->sent += (size_t)taken;
    run->sent_bytes += (uint64_t)taken;
}

static void show_progress(struct pipe_run *run)
{
    int64_t now_us = clock_mono_us();
    if (!run->shows_progress || now_us - run->shown_us < 200000) return;
    run->shown_us = now_us;
    double mib = (double)run->sent_bytes / 1048576, span_s = clock_seconds_since(run->start_us);
    fprintf(stderr, "\r%.1f MiB sent (%.1f MiB/s), %llu replies, %llu errors\x1b[K\r", mib,
            span_s > 0 ? mib / span_s : 0, (unsigned long long)run->replies,
            (unsigned long long)run->errors);
}

static bool has_waited_too_long(const struct pipe_run *run)
{
    int64_t limit_s = run->session->options->pipe_timeout_s;
    if (!run->input_ended || limit_s <= 0) return false;
    if (clock_mono_us() - run->last_reply_us < limit_s * 1000000) return false;
    fprintf(stderr, "No replies for %lld seconds: exiting.\n", (long long)limit_s);
    return true;
}

/* Input is read only when all before it was sent, replies whenever there are some: neither side
 * can stall. */
static void turn(struct pipe_run *run)
{
    bool is_sending = run->sent < run->waiting.len;
    bool wants_input = !run->input_ended && !is_sending;
    struct pollfd fds[] = {
        {.fd = wire_fd(run->wire), .events = (short)(POLLIN | (is_sending ? POLLOUT : 0))},
        {.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    bool is_ready = wire_has_input(run->wire);
    if (poll(fds, 2, is_ready ? 0 : 1000) < 0 && errno != EINTR) return;
    if (is_ready || fds[0].revents & (POLLIN | POLLHUP | POLLERR)) read_replies(run);
    if (!run->is_lost && fds[0].revents & POLLOUT) write_waiting(run);
    if (fds[1].revents) read_input(run);
}

int mode_pipe(const struct cli_options *options)
{
    struct cli_session session;
    cli_session_init(&session, options);
    cli_session_must_connect(&session);
    struct pipe_run run = {.session = &session, .wire = session.wire};
    make_echo(run.echo);
    run.shows_progress = isatty(STDERR_FILENO);
    run.start_us = run.shown_us = clock_mono_us();
    bool is_late = false;
    while (!run.is_done && !run.is_lost && !is_late) {
        turn(&run);
        show_progress(&run);
        is_late = has_waited_too_long(&run);
    }
    if (run.shows_progress) fputs("\r\x1b[K", stderr);
    printf("errors: %llu, replies: %llu\n", (unsigned long long)run.errors,
           (unsigned long long)run.replies);
    buf_deinit(&run.waiting);
    cli_session_deinit(&session);
    return run.errors > 0 || !run.is_done ? 1 : 0;
}
