/* The kinds of value a directive can have, and the words the option tables are written with.
 *
 * NUMBER(repl.timeout_s, 1, INT_MAX) stands for the field, its kind and its limits. A field whose C
 * type does not suit the kind does not compile. Reasons are the texts Redis gives, which clients
 * and operators know. */
#ifndef SKEIN_SERVER_CONFIG_KIND_H
#define SKEIN_SERVER_CONFIG_KIND_H

#include "server/config_option.h"

#include <limits.h>
#include <stddef.h>

extern const struct config_kind config_kind_bool;
extern const struct config_kind config_kind_number;
/* A number beyond `min` or `max` becomes the limit. */
extern const struct config_kind config_kind_clamped;
extern const struct config_kind config_kind_octal;
extern const struct config_kind config_kind_memory;
extern const struct config_kind config_kind_memory_clamped;
/* "5%" is kept as -5. */
extern const struct config_kind config_kind_memory_or_percent;
extern const struct config_kind config_kind_enum;
extern const struct config_kind config_kind_flags;
extern const struct config_kind config_kind_text;
/* A text that may hold zero bytes. */
extern const struct config_kind config_kind_bytes;
extern const struct config_kind config_kind_words;
extern const struct config_kind config_kind_percentiles;
extern const struct config_kind config_kind_save;
extern const struct config_kind config_kind_output_limits;
extern const struct config_kind config_kind_oom_values;
extern const struct config_kind config_kind_notify;
extern const struct config_kind config_kind_master;
extern const struct config_kind config_kind_users;
extern const struct config_kind config_kind_renames;
/* Directives without a field: those of old versions, which mean nothing any more, ... */
extern const struct config_kind config_kind_ignored;
/* ... and loadmodule. */
extern const struct config_kind config_kind_refused;

#define CONFIG_MEMBER(field) (((struct config *)0)->field)
#define CONFIG_AT(field)                                                                           \
    .offset = offsetof(struct config, field), .size = sizeof(CONFIG_MEMBER(field))
#define CONFIG_TYPED(field, ...)                                                                   \
    CONFIG_AT(field), .kind = _Generic(CONFIG_MEMBER(field), __VA_ARGS__)
#define CONFIG_INTEGER(field, k)                                                                   \
    CONFIG_TYPED(field, int : &(k), unsigned : &(k), int64_t : &(k), uint64_t : &(k))

#define BOOL(field)         CONFIG_TYPED(field, bool : &config_kind_bool)
#define FLAGS(field, table) CONFIG_TYPED(field, unsigned : &config_kind_flags), .names = (table)
#define LETTERS(field)      CONFIG_TYPED(field, int : &config_kind_notify)
#define TEXT(field)         CONFIG_TYPED(field, char * : &config_kind_text)
#define BYTES(field)        CONFIG_TYPED(field, struct buf : &config_kind_bytes)
#define WORDS(field)        CONFIG_TYPED(field, struct config_words : &config_kind_words)
#define ENUM(field, table)  CONFIG_AT(field), .kind = &config_kind_enum, .names = (table)
#define NUMBER(field, low, high)                                                                   \
    CONFIG_INTEGER(field, config_kind_number), .min = (low), .max = (high)
#define CLAMPED(field, low, high)                                                                  \
    CONFIG_INTEGER(field, config_kind_clamped), .min = (low), .max = (high)
#define OCTAL(field, low, high)                                                                    \
    CONFIG_INTEGER(field, config_kind_octal), .min = (low), .max = (high)
#define PORT(field) NUMBER(field, 0, 65535)
#define MEMORY(field, low, high)                                                                   \
    CONFIG_INTEGER(field, config_kind_memory), .min = (low), .max = (high)
#define MEMORY_CLAMPED(field, low, high)                                                           \
    CONFIG_INTEGER(field, config_kind_memory_clamped), .min = (low), .max = (high)
#define MEMORY_OR_PERCENT(field)                                                                   \
    CONFIG_TYPED(field, int64_t : &config_kind_memory_or_percent), .max = INT64_MAX

/* A table of rows as an area. */
#define CONFIG_AREA(name, heading, table)                                                          \
    const struct config_area config_area_##name = {heading, table, sizeof(table) / sizeof(*(table))}

extern const struct config_area config_area_net;
extern const struct config_area config_area_tls;
extern const struct config_area config_area_process;
extern const struct config_area config_area_log;
extern const struct config_area config_area_security;
extern const struct config_area config_area_clients;
extern const struct config_area config_area_memory;
extern const struct config_area config_area_encoding;
extern const struct config_area config_area_snapshot;
extern const struct config_area config_area_aof;
extern const struct config_area config_area_repl;
extern const struct config_area config_area_cluster;

#endif
