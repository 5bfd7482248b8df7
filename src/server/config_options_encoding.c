#include "server/config_kind.h"

#define OLD_ENCODING "lists have had no such encoding since Redis 3.2"

static const struct config_option options[] = {
    {"hash-max-listpack-entries", NUMBER(encoding.hash_max_listpack_entries, 0, INT64_MAX),
     .initial = "512", .alias = "hash-max-ziplist-entries", .change = CONFIG_CHANGE_ENCODING},
    {"hash-max-listpack-value", MEMORY(encoding.hash_max_listpack_value, 0, INT64_MAX),
     .initial = "64", .alias = "hash-max-ziplist-value", .change = CONFIG_CHANGE_ENCODING},
    {"list-max-listpack-size", NUMBER(encoding.list_max_listpack_size, INT_MIN, INT_MAX),
     .initial = "-2", .alias = "list-max-ziplist-size", .change = CONFIG_CHANGE_ENCODING},
    {"list-compress-depth", NUMBER(encoding.list_compress_depth, 0, INT_MAX), .initial = "0",
     .change = CONFIG_CHANGE_ENCODING, .not_yet = "lists are not compressed in memory"},
    {"list-max-ziplist-entries", .kind = &config_kind_ignored,
     .flags = CONFIG_FILE_ONLY | CONFIG_KEEP_LINES, .not_yet = OLD_ENCODING},
    {"list-max-ziplist-value", .kind = &config_kind_ignored,
     .flags = CONFIG_FILE_ONLY | CONFIG_KEEP_LINES, .not_yet = OLD_ENCODING},
    {"set-max-intset-entries", NUMBER(encoding.set_max_intset_entries, 0, INT64_MAX),
     .initial = "512", .change = CONFIG_CHANGE_ENCODING},
    {"set-max-listpack-entries", NUMBER(encoding.set_max_listpack_entries, 0, INT64_MAX),
     .initial = "128", .change = CONFIG_CHANGE_ENCODING},
    {"set-max-listpack-value", MEMORY(encoding.set_max_listpack_value, 0, INT64_MAX),
     .initial = "64", .change = CONFIG_CHANGE_ENCODING},
    {"zset-max-listpack-entries", NUMBER(encoding.zset_max_listpack_entries, 0, INT64_MAX),
     .initial = "128", .alias = "zset-max-ziplist-entries", .change = CONFIG_CHANGE_ENCODING},
    {"zset-max-listpack-value", MEMORY(encoding.zset_max_listpack_value, 0, INT64_MAX),
     .initial = "64", .alias = "zset-max-ziplist-value", .change = CONFIG_CHANGE_ENCODING},
    {"hll-sparse-max-bytes", MEMORY(encoding.hll_sparse_max_bytes, 0, INT64_MAX), .initial = "3000",
     .change = CONFIG_CHANGE_ENCODING},
    {"stream-node-max-bytes", MEMORY(encoding.stream_node_max_bytes, 0, INT64_MAX),
     .initial = "4096", .change = CONFIG_CHANGE_ENCODING},
    {"stream-node-max-entries", NUMBER(encoding.stream_node_max_entries, 0, INT64_MAX),
     .initial = "100", .change = CONFIG_CHANGE_ENCODING},
};

CONFIG_AREA(encoding, "Encodings of small values", options);
