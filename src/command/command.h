/* What a command is: one row of a const table that lives beside its handler.
 *
 * The row holds everything anybody asks about the command: how to run it, what it needs, where
 * its keys are, what it is for. COMMAND, ACL, key extraction, prefetch and the CLI's help all
 * read these rows and nothing else. */
#ifndef SKEIN_COMMAND_COMMAND_H
#define SKEIN_COMMAND_COMMAND_H

#include "base/str.h"

struct call;

enum command_flag {
    CMD_WRITE = 1 << 0,
    CMD_READONLY = 1 << 1,
    CMD_DENYOOM = 1 << 2,
    CMD_ADMIN = 1 << 3,
    CMD_PUBSUB = 1 << 4,
    CMD_NOSCRIPT = 1 << 5,
    CMD_BLOCKING = 1 << 6,
    CMD_LOADING = 1 << 7, /* allowed while the data set is being loaded */
    CMD_STALE = 1 << 8,   /* allowed on a replica with a broken link */
    CMD_SKIP_MONITOR = 1 << 9,
    CMD_SKIP_SLOWLOG = 1 << 10,
    CMD_ASKING = 1 << 11,
    CMD_FAST = 1 << 12,
    CMD_NO_AUTH = 1 << 13, /* allowed before authentication */
    CMD_MAY_REPLICATE = 1 << 14,
    CMD_NO_ASYNC_LOADING = 1 << 15,
    CMD_NO_MULTI = 1 << 16,
    CMD_MOVABLE_KEYS = 1 << 17, /* keys are not all at fixed places */
    CMD_ALLOW_BUSY = 1 << 18,
    CMD_PROTECTED = 1 << 19,
    CMD_NO_MANDATORY_KEYS = 1 << 20, /* a count of no keys at all is fine */
};

/* ACL categories, in the order ACL CAT lists them. Some follow from flags (command_categories
 * adds them). */
enum command_category {
    CAT_KEYSPACE = 1 << 0,
    CAT_READ = 1 << 1,
    CAT_WRITE = 1 << 2,
    CAT_SET = 1 << 3,
    CAT_SORTEDSET = 1 << 4,
    CAT_LIST = 1 << 5,
    CAT_HASH = 1 << 6,
    CAT_STRING = 1 << 7,
    CAT_BITMAP = 1 << 8,
    CAT_HYPERLOGLOG = 1 << 9,
    CAT_GEO = 1 << 10,
    CAT_STREAM = 1 << 11,
    CAT_PUBSUB = 1 << 12,
    CAT_ADMIN = 1 << 13,
    CAT_FAST = 1 << 14,
    CAT_SLOW = 1 << 15,
    CAT_BLOCKING = 1 << 16,
    CAT_DANGEROUS = 1 << 17,
    CAT_CONNECTION = 1 << 18,
    CAT_TRANSACTION = 1 << 19,
    CAT_SCRIPTING = 1 << 20,
};

/* What a command does with the keys a spec finds, in the words of COMMAND INFO. */
enum key_flag {
    KEY_RO = 1 << 0,
    KEY_RW = 1 << 1,
    KEY_OW = 1 << 2,
    KEY_RM = 1 << 3,
    KEY_ACCESS = 1 << 4,
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_NOT_KEY = 1 << 8, /* looks like one, e.g. a shard channel */
    KEY_INCOMPLETE = 1 << 9,
    KEY_VARIABLE_FLAGS = 1 << 10,
};

enum key_begin { KEYS_END, KEYS_AT_INDEX, KEYS_AT_KEYWORD, KEYS_BEGIN_UNKNOWN };
enum key_find { KEYS_RANGE, KEYS_COUNTED, KEYS_FIND_UNKNOWN };

/* Where keys are among the arguments. A list of specs ends with a zeroed one (KEYS_END). */
struct key_spec {
    uint32_t flags;
    enum key_begin begin;
    int index; /* AT_INDEX: the first key; AT_KEYWORD: where the search starts, negative from the
                  end */
    const char *keyword; /* AT_KEYWORD: the key follows it */
    enum key_find find;
    int last;  /* RANGE: relative to the first; negative: from the end of the arguments */
    int step;  /* RANGE, COUNTED */
    int limit; /* RANGE with last -1: use only 1/limit of the remaining arguments (0 or 1: all) */
    int count_at; /* COUNTED: where the number of keys is, relative to the begin */
    int first;    /* COUNTED: where the first key is, relative to the begin */
    const char *notes;
};

/* The usual specs: one key; all arguments from one on; every second from one on. */
#define KEY_ONE(flags_, at_)                                                                       \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = (at_), .step = 1                       \
    }
#define KEY_REST(flags_, at_)                                                                      \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = (at_), .last = -1, .step = 1           \
    }
#define KEY_REST_STEP(flags_, at_, step_)                                                          \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = (at_), .last = -1, .step = (step_)     \
    }
/* All arguments from one on but the last, which is a timeout. */
#define KEYS_AND_TIMEOUT(flags_, at_)                                                              \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = (at_), .last = -2, .step = 1           \
    }
/* `count_` holds the number of keys, which follow it. */
#define KEY_COUNTED(flags_, count_)                                                                \
    {                                                                                              \
        .flags = (flags_), .begin = KEYS_AT_INDEX, .index = (count_), .find = KEYS_COUNTED,        \
        .first = 1, .step = 1                                                                      \
    }

struct key_refs;

enum { COMMAND_KEY_SPECS = 4, COMMAND_HISTORY = 8, COMMAND_TIPS = 4 };

/* One change of a command in a later version. */
struct command_change {
    const char *since, *what;
};

struct command {
    const char *name; /* lower case; a sub-command's own word. A table ends with a NULL name. */
    void (*run)(struct call *call);
    int arity; /* counts the name (and the container's name); negative: at least */
    /* The argument that names an element of the collection at the first key, so that a pipeline can
     * ask for its memory ahead; 0: none. */
    int element;
    uint32_t flags;
    uint32_t categories;
    struct key_spec keys[COMMAND_KEY_SPECS];
    /* For commands whose keys no spec describes (SORT, ...): fills refs, false on a syntax
     * error. Otherwise NULL. */
    bool (*find_keys)(const struct str *argv, int argc, struct key_refs *refs);
    const struct command *subcommands;
    /* A short container word like "CLIENT|" is not part of names; group is COMMAND DOCS'
     * ("string", "generic", ...). */
    const char *summary, *since, *group, *complexity;
    /* The arguments in the notation of docs/adr/0005: "key value [NX | XX] [EX s | KEEPTTL]". */
    const char *syntax;
    struct command_change history[COMMAND_HISTORY];
    const char *tips[COMMAND_TIPS];             /* "nondeterministic_output", ... */
    const char *deprecated_since, *replaced_by; /* DOCS: doc_flags deprecated */
    bool for_servers;                           /* DOCS: doc_flags syscmd, no business of users */
};

/* Explicit categories and those that follow from flags, as ACL and COMMAND INFO see them. */
uint32_t command_categories(const struct command *command);

#endif
