#include "io/lookup.h"

#include "base/mem.h"
#include "io/uv_loop.h"

#include <signal.h>
#include <stdio.h>

enum { SERVICE_SIZE = 16 };

struct lookup {
    pthread_mutex_t lock; /* guards `loop` and `is_posted` */
    struct loop *loop;    /* NULL: nobody waits for it any more */
    bool is_posted;       /* `finished` is on its way to the loop */
    struct loop_message finished;
    struct loop_lookups *lookups;
    char *host;
    char service[SERVICE_SIZE];
    int status;
    struct addrinfo *found;
    void (*done)(void *ctx, int status, struct addrinfo *found);
    void *ctx;
};

/* Freed by the loop, which counts as one, or by the last thread that is left behind. */
static void leave(struct loop_lookups *lookups)
{
    if (atomic_fetch_sub(&lookups->count, 1) == 1) mem_free(lookups);
}

void loop_leave_lookups(struct loop *loop)
{
    if (loop->lookups) leave(loop->lookups);
    loop->lookups = NULL;
}

/* False when too many are waiting already. */
static bool enter(struct loop *loop)
{
    if (loop->lookups == NULL) {
        loop->lookups = mem_new(struct loop_lookups);
        atomic_init(&loop->lookups->count, 1);
    }
    if (atomic_fetch_add(&loop->lookups->count, 1) <= LOOKUPS_MAX) return true;
    leave(loop->lookups);
    return false;
}

static void lookup_free(struct lookup *lookup)
{
    if (lookup->found) freeaddrinfo(lookup->found);
    pthread_mutex_destroy(&lookup->lock);
    mem_free(lookup->host);
    mem_free(lookup);
}

static void on_finished(void *ctx)
{
    struct lookup *lookup = ctx;
    /* The thread may still be about to unlock it. */
    pthread_mutex_lock(&lookup->lock);
    pthread_mutex_unlock(&lookup->lock);
    struct addrinfo *found = lookup->found;
    int status = lookup->status;
    void (*done)(void *, int, struct addrinfo *) = lookup->done;
    void *done_ctx = lookup->ctx;
    lookup->found = NULL;
    lookup_free(lookup);
    done(done_ctx, status, found);
}

/* From here on the loop's thread may free it at any time. */
static void post(struct lookup *lookup)
{
    lookup->is_posted = true;
    loop_post_message(lookup->loop, &lookup->finished);
}

static int resolve(const char *host, const char *service, int flags, struct addrinfo **found)
{
    struct addrinfo wanted = {
        .ai_flags = flags, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    int status = getaddrinfo(host, service, &wanted, found);
    if (status != 0) *found = NULL;
    return status;
}

struct addrinfo *lookup_literal(const char *host, int port)
{
    struct addrinfo *found;
    char service[SERVICE_SIZE];
    snprintf(service, sizeof(service), "%d", port);
    resolve(host, service, AI_NUMERICHOST | AI_NUMERICSERV, &found);
    return found;
}

static void *look_up(void *ctx)
{
    struct lookup *lookup = ctx;
    struct loop_lookups *lookups = lookup->lookups;
    pthread_setname_np(pthread_self(), "lookup");
    lookup->status = resolve(lookup->host, lookup->service, 0, &lookup->found);
    pthread_mutex_lock(&lookup->lock);
    bool is_wanted = lookup->loop != NULL;
    if (is_wanted) post(lookup);
    pthread_mutex_unlock(&lookup->lock);
    if (!is_wanted) lookup_free(lookup);
    leave(lookups);
    return NULL;
}

/* Signals are for the loop's thread. */
static bool start_thread(struct lookup *lookup)
{
    sigset_t all, old;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&thread, NULL, look_up, lookup);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error == 0) pthread_detach(thread);
    return error == 0;
}

struct lookup *lookup_start(struct loop *loop, const char *host, int port,
                            void (*done)(void *ctx, int status, struct addrinfo *found), void *ctx)
{
    struct lookup *lookup = mem_new(struct lookup);
    *lookup = (struct lookup){.loop = loop, .done = done, .ctx = ctx};
    lookup->finished = (struct loop_message){.fn = on_finished, .ctx = lookup};
    lookup->host = mem_strdup(host);
    snprintf(lookup->service, sizeof(lookup->service), "%d", port);
    pthread_mutex_init(&lookup->lock, NULL);
    bool has_room = enter(loop);
    lookup->lookups = loop->lookups;
    if (has_room && start_thread(lookup)) return lookup;
    if (has_room) leave(loop->lookups);
    lookup->status = EAI_AGAIN;
    post(lookup);
    return lookup;
}

void lookup_cancel(struct lookup *lookup)
{
    if (lookup == NULL) return;
    pthread_mutex_lock(&lookup->lock);
    struct loop *loop = lookup->loop;
    bool is_posted = lookup->is_posted;
    lookup->loop = NULL;
    pthread_mutex_unlock(&lookup->lock);
    if (!is_posted) return;
    loop_withdraw_message(loop, &lookup->finished);
    lookup_free(lookup);
}
