#include "io/signals.h"

#include "base/mem.h"
#include "io/uv_loop.h"

#include <signal.h>
#include <unistd.h>

struct signals {
    uv_signal_t terminate, interrupt;
    struct loop *loop;
    void (*on_shutdown)(void *ctx, int number);
    void *ctx;
    int open_count;
};

static void on_signal(uv_signal_t *handle, int number)
{
    struct signals *signals = handle->data;
    loop_woke(signals->loop);
    /* From now on the kernel obeys, even when the loop is busy saving. */
    if (number == SIGINT) uv_signal_stop(&signals->interrupt);
    signals->on_shutdown(signals->ctx, number);
}

void signals_rearm(struct signals *signals)
{
    uv_signal_start(&signals->interrupt, on_signal, SIGINT);
}

void signals_ignore_harmless(void)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static void watch(struct signals *signals, uv_signal_t *handle, int number)
{
    uv_signal_init(&signals->loop->uv, handle);
    handle->data = signals;
    uv_signal_start(handle, on_signal, number);
    signals->open_count++;
}

struct signals *signals_new(struct loop *loop, void (*on_shutdown)(void *ctx, int number),
                            void *ctx)
{
    struct signals *signals = mem_new(struct signals);
    signals->loop = loop;
    signals->on_shutdown = on_shutdown;
    signals->ctx = ctx;
    signals_ignore_harmless();
    watch(signals, &signals->terminate, SIGTERM);
    watch(signals, &signals->interrupt, SIGINT);
    return signals;
}

static void on_closed(uv_handle_t *handle)
{
    struct signals *signals = handle->data;
    if (--signals->open_count == 0) mem_free(signals);
}

void signals_free(struct signals *signals)
{
    if (signals == NULL) return;
    uv_close((uv_handle_t *)&signals->terminate, on_closed);
    uv_close((uv_handle_t *)&signals->interrupt, on_closed);
}
