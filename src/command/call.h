/* One execution of one command: what its handler gets, and how it tells what it did.
 *
 * The pattern of a handler: parse the arguments, look the key up (lookup.h), change the value
 * through the keyspace, say call_changed for every key it modified, call_event for keyspace
 * notifications, effects_* when the request is not deterministic, and reply. */
#ifndef SKEIN_COMMAND_CALL_H
#define SKEIN_COMMAND_CALL_H

#include "command/command.h"
#include "command/effects.h"
#include "command/session.h"
#include "proto/reply.h"
#include "store/keyspace.h"

/* Numbers of the configuration that commands obey; the server keeps them current. */
struct command_settings {
    int64_t proto_max_bulk_len;
    int64_t hash_max_listpack_entries, hash_max_listpack_value;
    int64_t list_max_listpack_size, list_compress_depth;
    int64_t set_max_intset_entries, set_max_listpack_entries, set_max_listpack_value;
    int64_t zset_max_listpack_entries, zset_max_listpack_value;
    int64_t stream_node_max_bytes, stream_node_max_entries;
    int64_t hll_sparse_max_bytes;
    int64_t lfu_log_factor, lfu_decay_time;
    bool lfu; /* access words hold LFU counters, not the LRU clock */
    bool lazy_user_del, lazy_expire, lazy_server_del, lazy_user_flush;
    bool active_expire; /* DEBUG SET-ACTIVE-EXPIRE */
    bool keeps_expired; /* clients are paused: expired keys are hidden, nobody deletes them now */
    bool is_replica;    /* expired keys are hidden, the master deletes them */
};

/* Classes of keyspace notifications, the letters of notify-keyspace-events. */
enum event_class {
    EVENT_KEYSPACE = 1 << 0,  /* K */
    EVENT_KEYEVENT = 1 << 1,  /* E */
    EVENT_GENERIC = 1 << 2,   /* g */
    EVENT_STRING = 1 << 3,    /* $ */
    EVENT_LIST = 1 << 4,      /* l */
    EVENT_SET = 1 << 5,       /* s */
    EVENT_HASH = 1 << 6,      /* h */
    EVENT_ZSET = 1 << 7,      /* z */
    EVENT_EXPIRED = 1 << 8,   /* x */
    EVENT_EVICTED = 1 << 9,   /* e */
    EVENT_STREAM = 1 << 10,   /* t */
    EVENT_KEY_MISS = 1 << 11, /* m */
    EVENT_MODULE = 1 << 12,   /* d */
    EVENT_NEW = 1 << 13,      /* n */
};

/* Key lookups, for INFO. */
struct lookup_stats {
    uint64_t hits, misses, expired;
};

struct blocking;
struct executor;
struct script_engine;
struct watch_registry;

/* The world around the commands, given by whoever runs them (the server, a test, the simulator). */
struct host {
    struct store *store;
    struct command_settings *settings;
    struct executor *executor;      /* EXEC and scripts run requests through it */
    struct script_engine *scripts;  /* NULL: there are no script commands either */
    struct watch_registry *watches; /* told by call_changed; NULL: nobody can watch */
    struct blocking *blocking;      /* told by call_changed and generic_added; NULL: nobody waits */
    struct lookup_stats stats;
    uint32_t events_wanted; /* enum event_class: others are not even announced */
    bool effects_wanted;
    int64_t now_ms; /* wall clock as of this command; scripts and transactions keep one */
    int64_t now_us;
    void *owner; /* struct server; only handlers in server/ look into it */
    /* A key was modified: tracking. */
    void (*on_changed)(void *owner, struct session *by, struct keyspace *ks, struct str key);
    /* A whole database was emptied or swapped (NULL: all of them). */
    void (*on_flushed)(void *owner, struct session *by, struct keyspace *ks);
    void (*on_event)(void *owner, enum event_class what, const char *event, struct keyspace *ks,
                     struct str key);
    /* Whether the user may read any key with this command: SORT's BY and GET reach keys that no
     * argument names. NULL: everybody may. */
    bool (*may_read_all_keys)(void *owner, const struct call *call);
};

struct call {
    const struct command *command;
    const struct command *container; /* CLIENT of CLIENT LIST, else NULL */
    const struct str *argv;
    int argc;
    struct session *session;
    struct reply *reply;
    struct host *host;
    struct keyspace *ks; /* the selected database */
    struct effects *effects;
    uint64_t changes; /* keys changed: the "dirty" count */
    /* A big last argument that lies in a blob of its own: the handler may take it (and set it
     * NULL) instead of copying argv's bytes. */
    struct blob *adoptable;
    bool effects_verbatim_off;
};

static inline struct str call_arg(const struct call *call, int at)
{
    return call->argv[at];
}

/* A key was modified (created, changed, deleted). Counts a change and tells WATCH and tracking. */
void call_changed(struct call *call, struct str key);
/* The same for a key of another database than the selected one. */
void call_changed_in(struct call *call, struct keyspace *ks, struct str key);
/* Announces a keyspace event if anybody wants its class. */
void call_event(struct call *call, enum event_class what, const char *event, struct str key);
void call_event_in(struct call *call, enum event_class what, const char *event, struct keyspace *ks,
                   struct str key);

/* Argument parsing that answers the error itself. */
bool call_i64(struct call *call, int at,
              int64_t *number); /* "ERR value is not an integer or out of range" */
bool call_i64_in(struct call *call, int at, int64_t low, int64_t high,
                 int64_t *number);                           /* "ERR value is out of range" forms */
bool call_double(struct call *call, int at, double *number); /* "ERR value is not a valid float" */
bool call_is(const struct call *call, int at, const char *word);

/* Error replies used by many commands (the one list of them is errors.h). */
void call_syntax_error(struct call *call);
void call_wrong_type(struct call *call);
void call_arity_error(struct call *call);

#endif
