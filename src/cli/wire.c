#include "cli/wire.h"

#include "base/mem.h"
#include "io/channel.h"
#include "io/connect.h"
#include "io/tls.h"

#include <errno.h>

enum { KEEPALIVE_S = 15 };

struct wire {
    struct channel *channel;
    struct tls_context *tls; /* NULL: plain */
};

static struct tls_context *make_tls(const struct cli_tls *tls, struct buf *why)
{
    struct tls_options options = {
        .cert_file = tls->cert_file,
        .key_file = tls->key_file,
        .ca_cert_file = tls->ca_file,
        .ca_cert_dir = tls->ca_dir,
        .ciphers = tls->ciphers,
        .ciphersuites = tls->ciphersuites,
        .insecure = tls->insecure,
        .system_ca = true,
    };
    return tls_client_new(&options, why);
}

/* The stock client checks who signed a certificate but not whose it is, and certificates in use
 * rely on that. */
static int open_channel(struct wire *wire, const struct cli_options *options, struct buf *why)
{
    struct connect_options connect = {
        .host = options->host,
        .port = options->port,
        .path = options->socket_path,
        .tls = wire->tls,
        .sni = options->tls.sni,
    };
    return channel_open(&wire->channel, &connect, -1, why);
}

/* The step that failed ("resolve: ", "connect: ") goes without saying here. */
static void append_reason(struct buf *why, struct str reason)
{
    static const struct str steps[] = {STR_INIT("resolve: "), STR_INIT("connect: ")};
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        if (str_starts_with(reason, steps[i])) reason = str_from(reason, steps[i].len);
    }
    buf_append_str(why, reason);
}

struct wire *wire_open(const struct cli_options *options, struct buf *why)
{
    struct wire *wire = mem_new(struct wire);
    struct buf reason = {0};
    bool ok = true;
    if (options->tls.enabled) {
        wire->tls = make_tls(&options->tls, &reason);
        ok = wire->tls != NULL;
    }
    ok = ok && open_channel(wire, options, &reason) == 0;
    append_reason(why, buf_str(&reason));
    buf_deinit(&reason);
    if (ok) {
        if (!options->socket_path) channel_set_keepalive(wire->channel, KEEPALIVE_S);
        return wire;
    }
    wire_free(wire);
    return NULL;
}

void wire_free(struct wire *wire)
{
    if (!wire) return;
    channel_close(wire->channel);
    tls_unref(wire->tls);
    mem_free(wire);
}

ssize_t wire_read(struct wire *wire, void *bytes, size_t size, int timeout_ms)
{
    return channel_read(wire->channel, bytes, size, timeout_ms);
}

int wire_write(struct wire *wire, struct str bytes)
{
    return channel_write(wire->channel, bytes.ptr, bytes.len, -1);
}

ssize_t wire_write_some(struct wire *wire, struct str bytes)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes.ptr, .iov_len = bytes.len};
    int failed = channel_writev(wire->channel, &piece, 1, 0);
    if (failed == 0) return (ssize_t)bytes.len;
    if (failed != -ETIMEDOUT) return failed;
    return piece.iov_len < bytes.len ? (ssize_t)(bytes.len - piece.iov_len) : -EAGAIN;
}

bool wire_has_input(struct wire *wire)
{
    return channel_has_input(wire->channel);
}

int wire_fd(const struct wire *wire)
{
    return channel_fd(wire->channel);
}
