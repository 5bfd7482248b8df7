/* Writes SETs at a steady rate, or as fast as the answers come.
 *
 * With --rate the commands that are due are sent at each tick however late the answers are (open
 * loop); without it each connection keeps a window of commands under way, which fills a keyspace.
 * Values are pieces of a pool of random letters: a compressor finds nothing in them. Ends after
 * --count commands, after --seconds or when its input is closed, and prints one JSON object. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool.h"

#define CONNECTIONS_MAX 16
#define WINDOW          ((uint64_t)512)
#define POOL_BYTES      ((size_t)65536)
#define VALUE_BYTES_MAX ((size_t)32768)
#define DRAIN_NS        (10 * NS_PER_SECOND)
#define OK_BYTES        5

struct load {
    const char *target;
    uint64_t rate;
    uint64_t keys;
    uint64_t count;
    uint64_t tick_ns;
    size_t value_bytes;
    size_t connections;
    double seconds;
    bool is_sequential;
    char head[96];
    size_t head_size;
    char pool[POOL_BYTES];
    struct conn conns[CONNECTIONS_MAX];
    uint64_t under_way[CONNECTIONS_MAX];
    uint64_t sent;
    uint64_t answered;
    uint64_t random;
};

static void load_prepare(struct load *load)
{
    for (size_t i = 0; i < POOL_BYTES; i++)
        load->pool[i] = (char)('0' + (random_next(&load->random) >> 20) % 64);
    load->head_size = (size_t)snprintf(load->head, sizeof(load->head),
                                       "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$%zu\r\n",
                                       load->value_bytes);
    for (size_t i = 0; i < load->connections; i++) conn_open(&load->conns[i], load->target);
}

static void load_compose(struct load *load, size_t at)
{
    uint64_t chance = random_next(&load->random);
    uint64_t key = load->is_sequential ? load->sent % load->keys : chance % load->keys;
    struct bytes *out = &load->conns[at].out;
    key_put(strchr(load->head, ':') + 1, key);
    bytes_append(out, load->head, load->head_size);
    bytes_append(out, load->pool + (chance >> 40) % (POOL_BYTES - load->value_bytes),
                 load->value_bytes);
    bytes_append(out, "\r\n", 2);
    load->under_way[at]++;
    load->sent++;
}

/* Every answer to SET is "+OK\r\n"; another ends the load. */
static void load_read(struct load *load, size_t at)
{
    struct conn *conn = &load->conns[at];
    conn_fill(conn);
    if (conn->in.size && memchr(conn->in.data, '-', conn->in.size)) {
        fprintf(stderr, "refused: %.*s\n", (int)conn->in.size, conn->in.data);
        exit(1);
    }
    uint64_t answers = conn->in.size / OK_BYTES;
    bytes_drop(&conn->in, answers * OK_BYTES);
    load->under_way[at] -= answers;
    load->answered += answers;
}

/* What is due goes to one connection at a time, so a tick is one packet. */
static void load_send_due(struct load *load, uint64_t elapsed_ns)
{
    uint64_t due = (uint64_t)((double)elapsed_ns * (double)load->rate / 1e9);
    size_t at = (size_t)(elapsed_ns / load->tick_ns) % load->connections;
    while (load->sent < due && load->sent < load->count) load_compose(load, at);
    conn_flush(&load->conns[at]);
}

static void load_send_window(struct load *load)
{
    for (size_t at = 0; at < load->connections; at++) {
        if (load->under_way[at] > WINDOW / 2) continue;
        while (load->under_way[at] < WINDOW && load->sent < load->count) load_compose(load, at);
        conn_flush(&load->conns[at]);
    }
}

/* False when the input was closed. */
static bool load_wait(struct load *load, uint64_t left_ns)
{
    struct pollfd fds[CONNECTIONS_MAX + 1] = {{.fd = 0, .events = POLLIN}};
    for (size_t at = 0; at < load->connections; at++) {
        struct conn *conn = &load->conns[at];
        short wanted = (short)(POLLIN | (conn->out.size ? POLLOUT : 0));
        fds[at + 1] = (struct pollfd){.fd = conn->fd, .events = wanted};
    }
    struct timespec timeout = {.tv_sec = (time_t)(left_ns / NS_PER_SECOND),
                               .tv_nsec = (long)(left_ns % NS_PER_SECOND)};
    if (ppoll(fds, load->connections + 1, &timeout, NULL) < 0 && errno != EINTR) tool_die("poll");
    for (size_t at = 0; at < load->connections; at++) {
        if (fds[at + 1].revents & POLLOUT) conn_flush(&load->conns[at]);
        if (fds[at + 1].revents & ~POLLOUT) load_read(load, at);
    }
    return !fds[0].revents;
}

static void load_run(struct load *load)
{
    uint64_t start = tool_now_ns();
    uint64_t end = start + (uint64_t)(load->seconds * (double)NS_PER_SECOND);
    uint64_t due = start;
    bool is_wanted = true;
    while (is_wanted && load->sent < load->count && tool_now_ns() < end) {
        uint64_t now = tool_now_ns();
        if (!load->rate) load_send_window(load);
        if (load->rate && now >= due) {
            load_send_due(load, now - start);
            due = now + load->tick_ns - (now - start) % load->tick_ns;
        }
        now = tool_now_ns();
        is_wanted = load_wait(load, !load->rate ? NS_PER_SECOND / 100 : due > now ? due - now : 0);
    }
    double seconds = (double)(tool_now_ns() - start) / 1e9;
    uint64_t drained = tool_now_ns() + DRAIN_NS;
    while (load->answered < load->sent && tool_now_ns() < drained)
        load_wait(load, NS_PER_SECOND / 100);
    printf("{\"sent\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"seconds\": %.3f, "
           "\"per_second\": %.0f}\n",
           load->sent, load->answered, seconds, (double)load->sent / seconds);
}

static const struct option long_options[] = {
    {"to", required_argument, NULL, 't'},          {"rate", required_argument, NULL, 'r'},
    {"keys", required_argument, NULL, 'k'},        {"count", required_argument, NULL, 'n'},
    {"value-bytes", required_argument, NULL, 'v'}, {"connections", required_argument, NULL, 'c'},
    {"seconds", required_argument, NULL, 's'},     {"tick-us", required_argument, NULL, 'u'},
    {"sequential", no_argument, NULL, 'q'},        {NULL, 0, NULL, 0},
};

static void parse_option(struct load *load, int letter)
{
    switch (letter) {
    case 't':
        load->target = optarg;
        break;
    case 'r':
        load->rate = strtoull(optarg, NULL, 10);
        break;
    case 'k':
        load->keys = strtoull(optarg, NULL, 10);
        break;
    case 'n':
        load->count = strtoull(optarg, NULL, 10);
        break;
    case 'v':
        load->value_bytes = strtoull(optarg, NULL, 10);
        break;
    case 'c':
        load->connections = strtoull(optarg, NULL, 10);
        break;
    case 's':
        load->seconds = atof(optarg);
        break;
    case 'u':
        load->tick_ns = strtoull(optarg, NULL, 10) * 1000;
        break;
    case 'q':
        load->is_sequential = true;
        break;
    default:
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct load load = {.keys = 1,
                        .count = UINT64_MAX,
                        .tick_ns = 1000000,
                        .value_bytes = 100,
                        .connections = 4,
                        .seconds = 1e6,
                        .random = UINT64_C(88172645463325252)};
    for (int letter; (letter = getopt_long(argc, argv, "", long_options, NULL)) != -1;)
        parse_option(&load, letter);
    if (!load.target || !load.keys || !load.tick_ns || !load.connections ||
        load.connections > CONNECTIONS_MAX || load.value_bytes > VALUE_BYTES_MAX) {
        fprintf(stderr, "usage: load --to TARGET [--rate N] [--keys N] [--sequential] [--count N]\n"
                        "       [--seconds S] [--value-bytes N] [--connections N] [--tick-us N]\n");
        exit(2);
    }
    load_prepare(&load);
    load_run(&load);
    return 0;
}
