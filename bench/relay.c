/* A stretch of network between a replica and its master that can fail.
 *
 * Listens on a port of the loopback interface, which it prints, and passes connections on to
 * --to PORT. Lines on its input:
 *
 *   stall   nothing passes in either direction, connections stay (packets are lost)
 *   cut     connections are closed, new ones refused (the way is down)
 *   open    all is well again
 *
 * Ends with its input. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool.h"

#define PAIRS_MAX   4
#define PASS_BYTES  ((size_t)262144)
#define INPUT_BYTES 64

struct relay {
    const char *to;
    int listener;
    struct sockaddr_in address;
    int ends[PAIRS_MAX * 2]; /* the other end of i is i ^ 1 */
    bool is_stalled;
    char data[PASS_BYTES];
};

static void relay_listen(struct relay *relay)
{
    socklen_t size = sizeof(relay->address);
    struct sockaddr *address = (struct sockaddr *)&relay->address;
    int on = 1;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(relay->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(relay->listener, address, size) || listen(relay->listener, 8) ||
        getsockname(relay->listener, address, &size))
        tool_die("listen");
}

static void relay_drop(struct relay *relay, size_t end)
{
    for (size_t i = end & ~(size_t)1; i <= (end | 1); i++) {
        if (relay->ends[i] >= 0) close(relay->ends[i]);
        relay->ends[i] = -1;
    }
}

static void relay_accept(struct relay *relay)
{
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(relay->to))};
    far.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int near_fd = accept(relay->listener, NULL, NULL);
    int far_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t at = 0;
    while (at < PAIRS_MAX && relay->ends[at * 2] >= 0) at++;
    if (at == PAIRS_MAX || connect(far_fd, (struct sockaddr *)&far, sizeof(far))) {
        close(near_fd);
        close(far_fd);
        return;
    }
    relay->ends[at * 2] = near_fd;
    relay->ends[at * 2 + 1] = far_fd;
}

static void relay_pass(struct relay *relay, size_t end)
{
    ssize_t got = read(relay->ends[end], relay->data, PASS_BYTES);
    for (ssize_t at = 0; at < got;) {
        ssize_t put =
            send(relay->ends[end ^ 1], relay->data + at, (size_t)(got - at), MSG_NOSIGNAL);
        if (put <= 0) got = -1;
        at += put;
    }
    if (got <= 0) relay_drop(relay, end);
}

static void relay_cut(struct relay *relay)
{
    for (size_t i = 0; i < PAIRS_MAX * 2; i += 2) relay_drop(relay, i);
    if (relay->listener >= 0) close(relay->listener);
    relay->listener = -1;
}

static void relay_obey(struct relay *relay)
{
    char word[INPUT_BYTES] = "";
    ssize_t got = read(0, word, sizeof(word) - 1);
    if (got <= 0) exit(0);
    relay->is_stalled = !strncmp(word, "stall", 5);
    if (!strncmp(word, "cut", 3)) relay_cut(relay);
    if (!strncmp(word, "open", 4) && relay->listener < 0) relay_listen(relay);
}

static void relay_turn(struct relay *relay)
{
    struct pollfd fds[PAIRS_MAX * 2 + 2];
    for (size_t i = 0; i < PAIRS_MAX * 2; i++)
        fds[i] = (struct pollfd){.fd = relay->is_stalled ? -1 : relay->ends[i], .events = POLLIN};
    struct pollfd *listener = &fds[PAIRS_MAX * 2], *input = listener + 1;
    *listener = (struct pollfd){.fd = relay->is_stalled ? -1 : relay->listener, .events = POLLIN};
    *input = (struct pollfd){.fd = 0, .events = POLLIN};
    if (poll(fds, PAIRS_MAX * 2 + 2, -1) < 0) tool_die("poll");
    for (size_t i = 0; i < PAIRS_MAX * 2; i++)
        if (fds[i].revents && relay->ends[i] >= 0) relay_pass(relay, i);
    if (listener->revents) relay_accept(relay);
    if (input->revents) relay_obey(relay);
}

int main(int argc, char **argv)
{
    struct relay relay = {.address = {.sin_family = AF_INET}};
    if (argc != 3 || strcmp(argv[1], "--to") != 0) {
        fprintf(stderr, "usage: relay --to PORT\n");
        return 2;
    }
    relay.to = argv[2];
    relay.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < PAIRS_MAX * 2; i++) relay.ends[i] = -1;
    relay_listen(&relay);
    printf("%d\n", ntohs(relay.address.sin_port));
    fflush(stdout);
    for (;;) relay_turn(&relay);
}
