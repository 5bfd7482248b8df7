/* A client that asks at fixed times, whether or not the last answer has come.
 *
 * The latency of a request counts from the time it was meant to leave, so a server that stands
 * still is charged for every request that waited (no coordinated omission). Modes:
 *
 *   get    GET of a random key
 *   wait   SET and WAIT 1, sent together; the answer to WAIT counts
 *   mark   HSET on one server, seen as a keyspace event on another (--watch): replication lag
 *
 * Beside the plain latency stands the attributable one: less the time the server's main thread
 * was ready but had no processor, and less the time by which the request itself left too late,
 * which is never the server's doing. Ends after --seconds or when its input is closed, and prints
 * one JSON object. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "request.h"
#include "tool.h"

#define DRAIN_NS (2 * NS_PER_SECOND)

enum { POLL_INPUT, POLL_SERVER, POLL_WATCHED, POLL_COUNT };

struct mode {
    const char *name;
    const char *before_number;
    const char *after_number;
    unsigned replies;
    bool is_watched;
};

struct probe {
    const struct mode *mode;
    const char *target;
    const char *watched;
    int server_pid;
    uint64_t rate;
    uint64_t keys;
    double seconds;
    struct conn server;
    struct conn events;
    int schedstat;
    struct request *requests;
    size_t requests_count;
    size_t requests_capacity;
    size_t answered;
    size_t failed;
    size_t replies;
    uint64_t good_at_ns;
    uint64_t longest_gap_ns;
    uint64_t random;
};

static const struct mode modes[] = {
    {"get", "*2\r\n$3\r\nGET\r\n$16\r\nkey:", "\r\n", 1, false},
    {"wait", "*3\r\n$3\r\nSET\r\n$16\r\nkey:",
     "\r\n$8\r\nabcdefgh\r\n*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n1000\r\n", 2, false},
    {"mark", "*4\r\n$4\r\nHSET\r\n$3\r\nlag\r\n$2\r\nat\r\n$12\r\n", "\r\n", 1, true},
};

static const char subscription[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$18\r\n__keyspace@0__:lag\r\n";

static void probe_send(struct probe *probe, uint64_t due_ns)
{
    char number[KEY_DIGITS];
    key_put(number, random_next(&probe->random) % probe->keys);
    struct bytes *out = &probe->server.out;
    bytes_append(out, probe->mode->before_number, strlen(probe->mode->before_number));
    bytes_append(out, number, KEY_DIGITS);
    bytes_append(out, probe->mode->after_number, strlen(probe->mode->after_number));
    probe->requests = tool_grow(probe->requests, probe->requests_count + 1,
                                &probe->requests_capacity, sizeof(struct request));
    probe->requests[probe->requests_count++] =
        request_begun(due_ns, tool_now_ns(), tool_schedstat_delay_ns(probe->schedstat));
    conn_flush(&probe->server);
}

static void probe_on_answer(struct probe *probe, bool is_good)
{
    uint64_t now_ns = tool_now_ns();
    if (probe->answered == probe->requests_count) return;
    request_close(&probe->requests[probe->answered++], now_ns,
                  tool_schedstat_delay_ns(probe->schedstat));
    if (!is_good) {
        probe->failed++;
        return;
    }
    if (now_ns - probe->good_at_ns > probe->longest_gap_ns)
        probe->longest_gap_ns = now_ns - probe->good_at_ns;
    probe->good_at_ns = now_ns;
}

static void probe_read_replies(struct probe *probe)
{
    conn_fill(&probe->server);
    struct bytes *in = &probe->server.in;
    for (size_t size; (size = reply_size(in->data, in->size)); bytes_drop(in, size)) {
        bool is_last = ++probe->replies % probe->mode->replies == 0;
        bool is_good = in->data[0] != '-' && memcmp(in->data, ":0", 2) != 0;
        if (is_last && !probe->mode->is_watched) probe_on_answer(probe, is_good);
    }
}

/* One event for each request, in their order. */
static void probe_read_events(struct probe *probe)
{
    conn_fill(&probe->events);
    struct bytes *in = &probe->events.in;
    for (size_t size; (size = reply_size(in->data, in->size)); bytes_drop(in, size))
        probe_on_answer(probe, true);
}

static void probe_subscribe(struct probe *probe)
{
    conn_open(&probe->events, probe->watched);
    bytes_append(&probe->events.out, subscription, sizeof(subscription) - 1);
    conn_flush(&probe->events);
    struct pollfd events = {.fd = probe->events.fd, .events = POLLIN};
    struct bytes *in = &probe->events.in;
    while (!reply_size(in->data, in->size)) {
        if (poll(&events, 1, -1) < 0) tool_die("poll");
        conn_fill(&probe->events);
    }
    bytes_drop(in, reply_size(in->data, in->size));
}

/* Waits until `until_ns` or for something to read; false when the input was closed. */
static bool probe_wait(struct probe *probe, uint64_t until_ns)
{
    struct pollfd fds[POLL_COUNT] = {
        [POLL_INPUT] = {.fd = 0, .events = POLLIN},
        [POLL_SERVER] = {.fd = probe->server.fd, .events = POLLIN},
        [POLL_WATCHED] = {.fd = probe->mode->is_watched ? probe->events.fd : -1, .events = POLLIN},
    };
    if (probe->server.out.size) fds[POLL_SERVER].events |= POLLOUT;
    uint64_t now_ns = tool_now_ns(), left = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_SECOND),
                               .tv_nsec = (long)(left % NS_PER_SECOND)};
    if (ppoll(fds, POLL_COUNT, &timeout, NULL) < 0 && errno != EINTR) tool_die("poll");
    if (fds[POLL_SERVER].revents & POLLOUT) conn_flush(&probe->server);
    if (fds[POLL_WATCHED].revents) probe_read_events(probe);
    if (fds[POLL_SERVER].revents & ~POLLOUT) probe_read_replies(probe);
    return !fds[POLL_INPUT].revents;
}

static void probe_run(struct probe *probe)
{
    uint64_t start = tool_now_ns(), interval = NS_PER_SECOND / probe->rate, due = start;
    uint64_t end = start + (uint64_t)(probe->seconds * (double)NS_PER_SECOND);
    bool is_wanted = true;
    probe->good_at_ns = start;
    while (is_wanted && due < end) {
        for (; due <= tool_now_ns(); due += interval) probe_send(probe, due);
        is_wanted = probe_wait(probe, due);
    }
    uint64_t drained = tool_now_ns() + DRAIN_NS;
    while (probe->answered < probe->requests_count && tool_now_ns() < drained)
        probe_wait(probe, tool_now_ns() + NS_PER_SECOND / 1000);
    uint64_t now_ns = tool_now_ns(), delay_ns = tool_schedstat_delay_ns(probe->schedstat);
    if (probe->requests_count > probe->answered &&
        now_ns - probe->good_at_ns > probe->longest_gap_ns)
        probe->longest_gap_ns = now_ns - probe->good_at_ns;
    for (size_t i = probe->answered; i < probe->requests_count; i++)
        request_close(&probe->requests[i], now_ns, delay_ns);
}

static void report(struct probe *probe, bool is_realtime)
{
    uint64_t start_ns = probe->requests[0].due_ns;
    printf("{\n\"sent\": %zu, \"answered\": %zu, \"failed\": %zu, \"realtime\": %s,\n",
           probe->requests_count, probe->answered, probe->failed, is_realtime ? "true" : "false");
    requests_print(probe->requests, probe->requests_count, "attributable_us", false);
    requests_print(probe->requests, probe->requests_count, "reply_us", true);
    requests_print_worst(probe->requests, probe->requests_count, start_ns);
    printf("\"longest_gap_us\": %.1f\n}\n", (double)probe->longest_gap_ns / 1e3);
}

static const struct mode *mode_named(const char *name)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (!strcmp(modes[i].name, name)) return &modes[i];
    fprintf(stderr, "no mode %s\n", name);
    exit(2);
}

static const struct option long_options[] = {
    {"to", required_argument, NULL, 't'},   {"watch", required_argument, NULL, 'w'},
    {"mode", required_argument, NULL, 'm'}, {"server-pid", required_argument, NULL, 'p'},
    {"rate", required_argument, NULL, 'r'}, {"seconds", required_argument, NULL, 's'},
    {"keys", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0},
};

static void parse_option(struct probe *probe, int letter)
{
    switch (letter) {
    case 't':
        probe->target = optarg;
        break;
    case 'w':
        probe->watched = optarg;
        break;
    case 'm':
        probe->mode = mode_named(optarg);
        break;
    case 'p':
        probe->server_pid = atoi(optarg);
        break;
    case 'r':
        probe->rate = strtoull(optarg, NULL, 10);
        break;
    case 's':
        probe->seconds = atof(optarg);
        break;
    case 'k':
        probe->keys = strtoull(optarg, NULL, 10);
        break;
    default:
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct probe probe = {
        .mode = &modes[0], .rate = 1000, .seconds = 1e6, .keys = 1, .random = tool_now_ns() | 1};
    for (int letter; (letter = getopt_long(argc, argv, "", long_options, NULL)) != -1;)
        parse_option(&probe, letter);
    if (!probe.target || !probe.rate || !probe.keys || probe.mode->is_watched != !!probe.watched) {
        fprintf(stderr, "usage: open_probe --to TARGET [--mode get|wait|mark] [--watch TARGET]\n"
                        "       [--rate N] [--seconds S] [--keys N] [--server-pid N]\n");
        exit(2);
    }
    conn_open(&probe.server, probe.target);
    if (probe.mode->is_watched) probe_subscribe(&probe);
    probe.schedstat = tool_schedstat_open(probe.server_pid);
    bool is_realtime = tool_become_realtime();
    probe_run(&probe);
    if (probe.requests_count) report(&probe, is_realtime);
    return 0;
}
