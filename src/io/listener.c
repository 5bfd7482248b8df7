#include "io/listener.h"

#include "base/mem.h"
#include "io/conn_new.h"
#include "io/socket.h"
#include "io/timer.h"
#include "io/tls.h"
#include "io/tls_session.h"
#include "io/uv_loop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REST_MS = 100, BACKLOG = 511, ACCEPT_MAX = 64 };

struct listening_socket {
    struct listener *listener;
    uv_poll_t poll;
    int fd;
};

struct listener {
    struct loop *loop;
    struct listening_socket **sockets;
    size_t socket_count, open_count;
    struct listener_options options; /* `hosts` and `path` are not kept */
    char *path;
    ino_t path_inode;
    struct tls_context *tls;
    struct timer rest;
    size_t rest_count;
    bool is_paused, is_closed;
};

static int tell(struct buf *why, const char *where, const char *step, int error)
{
    buf_printf(why, "%s: %s: %s", where, step, strerror(-error));
    return error;
}

static void watch(struct listener *listener);

static void on_rested(void *ctx)
{
    watch(ctx);
}

/* There is nothing to be done about a lack of descriptors but to wait; the sockets stay readable,
 * so the loop must not look at them meanwhile. */
static void rest(struct listener *listener)
{
    listener->rest_count++;
    timer_start(listener->loop, &listener->rest, REST_MS, 0, on_rested, listener);
    watch(listener);
}

static void hand_over(struct listener *listener, int fd, const union address *peer)
{
    struct conn *conn = conn_new(listener->loop, fd, listener->path ? NULL : peer);
    if (conn == NULL) return;
    if (listener->tls) {
        struct tls_session *tls = tls_session_accept(listener->tls, fd);
        if (tls == NULL) {
            conn_close(conn);
            return;
        }
        conn_add_tls(conn, tls);
    }
    listener->options.on_accept(listener->options.ctx, conn);
}

/* Errors that belong to one connection, which is gone already; the next one may be fine. */
static bool is_of_one_connection(int error)
{
    static const int errors[] = {EINTR,        ECONNABORTED, EPROTO,     EPERM,
                                 ENETDOWN,     ENOPROTOOPT,  EHOSTDOWN,  ENONET,
                                 EHOSTUNREACH, EOPNOTSUPP,   ENETUNREACH};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i] == error) return true;
    return false;
}

/* Returns false when there is nothing more to accept now. */
static bool accept_one(struct listening_socket *socket)
{
    union address peer = {.family = AF_UNSPEC};
    socklen_t len = sizeof(peer);
    int fd = accept4(socket->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        hand_over(socket->listener, fd, &peer);
        return true;
    }
    if (errno == EAGAIN) return false;
    if (is_of_one_connection(errno)) return true;
    rest(socket->listener);
    return false;
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    struct listening_socket *socket = handle->data;
    struct listener *listener = socket->listener;
    loop_woke(listener->loop);
    int left = listener->options.accept_max;
    while (left-- > 0 && !listener->is_closed && !listener->is_paused)
        if (!accept_one(socket)) break;
}

static void watch(struct listener *listener)
{
    bool wanted = !listener->is_paused && !timer_is_running(&listener->rest);
    for (size_t i = 0; i < listener->socket_count; i++) {
        uv_poll_t *poll = &listener->sockets[i]->poll;
        if (wanted == (uv_is_active((uv_handle_t *)poll) != 0)) continue;
        if (wanted)
            uv_poll_start(poll, UV_READABLE, on_poll);
        else
            uv_poll_stop(poll);
    }
}

static int set_options(int fd, int family)
{
    int on = 1;
    if (family == AF_UNIX) return 0;
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) return -errno;
    /* Linux hands this on to the sockets that are accepted. */
    return socket_set_nodelay(fd, true);
}

static int add_socket(struct listener *listener, int fd)
{
    struct listening_socket *socket = mem_new(struct listening_socket);
    socket->listener = listener;
    socket->fd = fd;
    int error = uv_poll_init(&listener->loop->uv, &socket->poll, fd);
    if (error != 0) {
        mem_free(socket);
        close(fd);
        return error;
    }
    socket->poll.data = socket;
    size_t count = listener->socket_count + 1;
    listener->sockets = mem_realloc(listener->sockets, count * sizeof(*listener->sockets));
    listener->sockets[listener->socket_count++] = socket;
    listener->open_count++;
    return 0;
}

static int listen_on(struct listener *listener, const struct addrinfo *at, const char **step)
{
    *step = "socket";
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int error = set_options(fd, at->ai_family);
    *step = error ? "setsockopt" : "bind";
    if (error == 0 && bind(fd, at->ai_addr, at->ai_addrlen) != 0) error = -errno;
    if (error == 0) {
        *step = "listen";
        if (listen(fd, listener->options.backlog) != 0) error = -errno;
    }
    if (error != 0) {
        close(fd);
        return error;
    }
    return add_socket(listener, fd);
}

static bool is_unknown_family(int error)
{
    return error == -EAFNOSUPPORT || error == -EPFNOSUPPORT || error == -EPROTONOSUPPORT ||
           error == -ESOCKTNOSUPPORT || error == -ENOPROTOOPT;
}

struct bind_name {
    const char *text;
    bool is_optional; /* was written with a leading '-' */
    struct addrinfo wanted;
    const char *node;
};

static struct bind_name read_bind_name(const char *host)
{
    struct bind_name name = {.is_optional = host[0] == '-'};
    name.text = host + (name.is_optional ? 1 : 0);
    name.node = name.text;
    name.wanted = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    if (strcmp(name.text, "*") == 0) {
        name.wanted.ai_family = AF_INET;
        name.node = NULL;
    } else if (strcmp(name.text, "::*") == 0) {
        name.wanted.ai_family = AF_INET6;
        name.node = NULL;
    }
    return name;
}

static int listen_on_first(struct listener *listener, const struct addrinfo *found,
                           const char **step)
{
    int error = -EADDRNOTAVAIL;
    for (const struct addrinfo *at = found; at != NULL && error != 0 && error != -EADDRINUSE;
         at = at->ai_next)
        error = listen_on(listener, at, step);
    return error;
}

static int open_host(struct listener *listener, const char *host, struct buf *why)
{
    char service[16], where[300];
    struct bind_name name = read_bind_name(host);
    struct addrinfo *found = NULL;
    snprintf(service, sizeof(service), "%d", listener->options.port);
    snprintf(where, sizeof(where), strchr(name.text, ':') ? "[%.255s]:%s" : "%.255s:%s", name.text,
             service);
    int failed = getaddrinfo(name.node, service, &name.wanted, &found);
    if (failed == EAI_ADDRFAMILY || failed == EAI_FAMILY) return 0;
    if (failed) {
        if (name.is_optional) return 0;
        buf_printf(why, "%s: resolve: %s", where, gai_strerror(failed));
        return socket_resolver_error(failed);
    }
    const char *step = "bind";
    int error = listen_on_first(listener, found, &step);
    freeaddrinfo(found);
    if (is_unknown_family(error)) return 0;
    if (error == -EADDRNOTAVAIL && name.is_optional) return 0;
    if (error == 0 && listener->options.port == 0) listener->options.port = listener_port(listener);
    return error ? tell(why, where, step, error) : 0;
}

static int open_hosts(struct listener *listener, const struct listener_options *options,
                      struct buf *why)
{
    for (size_t i = 0; i < options->host_count; i++) {
        int error = open_host(listener, options->hosts[i], why);
        if (error != 0) return error;
    }
    if (options->host_count == 0 || listener->socket_count > 0) return 0;
    return tell(why, options->hosts[0], "bind", -EADDRNOTAVAIL);
}

static int open_path(struct listener *listener, const struct listener_options *options,
                     struct buf *why)
{
    struct sockaddr_un name;
    const char *path = options->path, *step = "bind";
    int error = socket_unix_address(path, &name);
    if (error != 0) return tell(why, path, step, error);
    struct stat left_over;
    if (lstat(path, &left_over) == 0 && S_ISSOCK(left_over.st_mode)) unlink(path);
    struct addrinfo at = {
        .ai_family = AF_UNIX, .ai_addr = (struct sockaddr *)&name, .ai_addrlen = sizeof(name)};
    /* Nobody else may connect in the moment before the permissions are set. */
    mode_t old_mask = umask(077);
    error = listen_on(listener, &at, &step);
    umask(old_mask);
    if (error != 0) return tell(why, path, step, error);
    listener->path = mem_strdup(path);
    if (options->mode && chmod(path, options->mode) != 0) return tell(why, path, "chmod", -errno);
    struct stat info;
    if (stat(path, &info) == 0) listener->path_inode = info.st_ino;
    return 0;
}

int listener_open(struct listener **listener, struct loop *loop,
                  const struct listener_options *options, struct buf *why)
{
    struct listener *opened = mem_new(struct listener);
    opened->loop = loop;
    opened->options = *options;
    opened->options.hosts = NULL;
    opened->options.path = NULL;
    if (options->backlog <= 0) opened->options.backlog = BACKLOG;
    if (options->accept_max <= 0) opened->options.accept_max = ACCEPT_MAX;
    opened->tls = tls_ref(options->tls);
    int error = options->path ? open_path(opened, options, why) : open_hosts(opened, options, why);
    if (error != 0) {
        listener_close(opened);
        *listener = NULL;
        return error;
    }
    watch(opened);
    *listener = opened;
    return 0;
}

static void listener_free(struct listener *listener)
{
    tls_unref(listener->tls);
    mem_free(listener->sockets);
    mem_free(listener->path);
    mem_free(listener);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct listening_socket *socket = handle->data;
    struct listener *listener = socket->listener;
    mem_free(socket);
    if (--listener->open_count == 0) listener_free(listener);
}

static void remove_own_path(const struct listener *listener)
{
    struct stat info;
    if (listener->path && stat(listener->path, &info) == 0 && info.st_ino == listener->path_inode)
        unlink(listener->path);
}

void listener_close(struct listener *listener)
{
    if (listener == NULL) return;
    listener->is_closed = true;
    timer_stop(&listener->rest);
    remove_own_path(listener);
    if (listener->socket_count == 0) {
        listener_free(listener);
        return;
    }
    for (size_t i = 0; i < listener->socket_count; i++) {
        struct listening_socket *socket = listener->sockets[i];
        uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
        close(socket->fd);
    }
}

void listener_set_tls(struct listener *listener, struct tls_context *tls)
{
    tls_ref(tls);
    tls_unref(listener->tls);
    listener->tls = tls;
}

void listener_pause(struct listener *listener)
{
    listener->is_paused = true;
    watch(listener);
}

void listener_resume(struct listener *listener)
{
    listener->is_paused = false;
    watch(listener);
}

int listener_port(const struct listener *listener)
{
    union address local = {.family = AF_UNSPEC};
    socklen_t len = sizeof(local);
    if (listener->socket_count == 0) return listener->options.port;
    if (getsockname(listener->sockets[0]->fd, &local.any, &len) != 0) return 0;
    return address_port(&local);
}

size_t listener_socket_count(const struct listener *listener)
{
    return listener->socket_count;
}

size_t listener_rest_count(const struct listener *listener)
{
    return listener->rest_count;
}
