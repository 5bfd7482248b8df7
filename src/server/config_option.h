/* The rows of the option tables: everything that is known about a directive stands in one row.
 *
 * The tables stand in config_options_<area>.c. A row names the field in struct config, the kind
 * (how text becomes a value and back), limits, the default as text, and what may change it when.
 * A new directive is a field and a row; the file reader, CONFIG GET, SET and REWRITE, the list of
 * options without effect and docs/CONFIGURATION.md follow from the row.
 *
 * A secret (CONFIG_SECRET) is shown to CONFIG GET and written to the file, never to a log. */
#ifndef SKEIN_SERVER_CONFIG_OPTION_H
#define SKEIN_SERVER_CONFIG_OPTION_H

#include "base/buf.h"
#include "server/config.h"

enum config_flag {
    CONFIG_IMMUTABLE = 1 << 0,  /* CONFIG SET refuses it */
    CONFIG_PROTECTED = 1 << 1,  /* CONFIG SET needs enable-protected-configs */
    CONFIG_SECRET = 1 << 2,     /* never in a log or an error text */
    CONFIG_MULTI = 1 << 3,      /* several words, or one word that holds them all */
    CONFIG_ADDS_UP = 1 << 4,    /* the lines of a file add up, the first replaces the default */
    CONFIG_AMENDS = 1 << 5,     /* each line changes a part of the value */
    CONFIG_HIDDEN = 1 << 6,     /* patterns of CONFIG GET do not find it */
    CONFIG_FILE_ONLY = 1 << 7,  /* no CONFIG GET, no CONFIG SET */
    CONFIG_VOLATILE = 1 << 8,   /* setting the same value again takes effect again */
    CONFIG_KEEP_LINES = 1 << 9, /* CONFIG REWRITE leaves its lines alone */
    CONFIG_OR_NONE = 1 << 10,   /* the name may stand without words */
};

/* What the running server has to do after options changed; several options share one. */
enum config_change {
    CONFIG_CHANGE_NONE, /* only copies of the field, if there are any, are brought up to date */
    CONFIG_CHANGE_LISTEN,
    CONFIG_CHANGE_TLS, /* certificates, port, protocols: build the contexts again */
    CONFIG_CHANGE_DIR,
    CONFIG_CHANGE_LOG,
    CONFIG_CHANGE_TITLE,
    CONFIG_CHANGE_OOM_SCORE,
    CONFIG_CHANGE_HZ,
    CONFIG_CHANGE_LOCALE,
    CONFIG_CHANGE_WATCHDOG,
    CONFIG_CHANGE_ALLOCATOR, /* jemalloc-bg-thread */
    CONFIG_CHANGE_DEFRAG,
    CONFIG_CHANGE_PASSWORD,   /* requirepass: the default user */
    CONFIG_CHANGE_ACL_LOG,    /* acllog-max-len: trim */
    CONFIG_CHANGE_MAXCLIENTS, /* may refuse: not enough descriptors */
    CONFIG_CHANGE_MAXMEMORY,
    CONFIG_CHANGE_CLIENT_MEMORY,
    CONFIG_CHANGE_TRACKING,
    CONFIG_CHANGE_KEYSPACE_EVENTS,
    CONFIG_CHANGE_SLOWLOG,
    CONFIG_CHANGE_LATENCY,
    CONFIG_CHANGE_ENCODING,
    CONFIG_CHANGE_SAVE,
    CONFIG_CHANGE_APPENDONLY,
    CONFIG_CHANGE_APPENDFSYNC,
    CONFIG_CHANGE_BACKLOG,
    CONFIG_CHANGE_MIN_REPLICAS,
    CONFIG_CHANGE_REPLICA, /* how we act as a replica: priority, announced address, read-only */
    CONFIG_CHANGES
};

struct config_args {
    const struct str *list;
    size_t count;
};

struct config_name {
    const char *name;
    int value;
};

struct config_option;

/* How the text of a directive becomes a value of one C type, and back. */
struct config_kind {
    const char *noun; /* for the reference: "number", "memory size", ... */
    bool any_byte;    /* zero bytes too: the value is no C string */
    /* Gets a field that holds zero bytes, or for CONFIG_ADDS_UP and CONFIG_AMENDS a copy of the
     * value so far. After a failure the field is still fit for `clear`. */
    bool (*parse)(const struct config_option *option, struct config_args args, void *field,
                  struct buf *reason);
    /* The value as CONFIG GET shows it; what it shows can be parsed. */
    void (*format)(const struct config_option *option, const void *field, struct buf *out);
    /* The lines of a config file, each ended by \n. NULL: the name and the formatted value. */
    void (*lines)(const struct config_option *option, const void *field, struct buf *out);
    void (*copy)(void *to, const void *from); /* NULL: bytes are enough */
    void (*clear)(void *field);               /* NULL: owns nothing */
};

struct config_option {
    const char *name;
    const struct config_kind *kind;
    size_t offset, size;
    int64_t min, max;
    const struct config_name *names; /* of enumerations and flags; ends with a NULL name */
    const char *initial;             /* as a file would say it; NULL: zero bytes */
    const char *alias;
    unsigned flags;
    enum config_change change;
    /* Looks at a value that parsed well; says why it cannot be. */
    bool (*check)(const void *field, struct buf *reason);
    /* The option is accepted and kept but does nothing; the text says why. NULL: it has effect. */
    const char *not_yet;
};

struct config_area {
    const char *title;
    const struct config_option *options;
    size_t count;
};

/* All options have a number below config_option_count(), in the order of the reference. */
size_t config_option_count(void);
const struct config_option *config_option_at(size_t index);
/* Areas in the same order; NULL behind the last. */
const struct config_area *config_area_at(size_t index);

struct config_found {
    const struct config_option *option; /* NULL: no such directive */
    size_t index;
};
/* Finds a directive by its name or alias, ASCII case ignored. */
struct config_found config_option_find(struct str name);

/* --- values --- */

/* Room for one value of any option. */
struct config_value {
    _Alignas(16) unsigned char bytes[96];
};

void config_value_copy(const struct config_option *option, const struct config *config,
                       struct config_value *value);
void config_value_clear(const struct config_option *option, struct config_value *value);
/* Parses and checks. `value` must hold zero bytes or a copy (see config_kind.parse); after a
 * failure it is cleared. */
bool config_value_parse(const struct config_option *option, struct config_args args,
                        struct config_value *value, struct buf *reason);
/* Exchanges the value with the one in `config`. */
void config_value_swap(const struct config_option *option, struct config *config,
                       struct config_value *value);
void config_value_initial(const struct config_option *option, struct config_value *value);

static inline void *config_field(const struct config_option *option, struct config *config)
{
    return (char *)config + option->offset;
}

static inline const void *config_field_const(const struct config_option *option,
                                             const struct config *config)
{
    return (const char *)config + option->offset;
}

void config_option_format(const struct config_option *option, const void *field, struct buf *out);
void config_option_lines(const struct config_option *option, const void *field, struct buf *out);
bool config_option_same(const struct config_option *option, const void *a, const void *b);
bool config_option_is_initial(const struct config_option *option, const struct config *config);
/* Appends one word of a config file, quoted if it needs to be. */
void config_append_word(struct buf *out, struct str word);

/* The next option at or behind *index that was set to something else than its default although it
 * has no effect yet; steps *index behind it. NULL: none left. */
const struct config_option *config_next_without_effect(const struct config *config, size_t *index);

#endif
