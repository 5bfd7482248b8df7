#include "repl/replconf.h"

#include "base/num.h"
#include "base/words.h"

struct option {
    const char *name;
    bool (*take)(struct replconf *replconf, struct str value, struct buf *error);
    bool ends; /* the request means this alone */
};

static bool not_a_number(struct buf *error)
{
    buf_append_c(error, "ERR value is not an integer or out of range");
    return false;
}

static bool take_port(struct replconf *replconf, struct str value, struct buf *error)
{
    int64_t port;
    if (!num_parse_i64(value, &port) || port < 0 || port > 65535) return not_a_number(error);
    replconf->has_port = true;
    replconf->port = (int)port;
    return true;
}

/* What is told becomes part of INFO's lines: nothing that could end or split them. */
static bool is_address(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~' || strchr(",=\"", value.ptr[i])) return false;
    }
    return value.len <= REPLCONF_IP_MAX;
}

static bool take_ip(struct replconf *replconf, struct str value, struct buf *error)
{
    if (!is_address(value)) {
        buf_append_c(error, "ERR REPLCONF ip-address provided by replica instance is too long or "
                            "not an address");
        return false;
    }
    replconf->has_ip = true;
    replconf->ip = value;
    return true;
}

static bool take_capability(struct replconf *replconf, struct str value, struct buf *error)
{
    (void)error;
    if (str_is(value, "eof")) replconf->capabilities |= REPLCONF_CAPA_EOF;
    if (str_is(value, "psync2")) replconf->capabilities |= REPLCONF_CAPA_PSYNC2;
    return true;
}

static bool take_rdb_only(struct replconf *replconf, struct str value, struct buf *error)
{
    int64_t number;
    if (!num_parse_i64(value, &number)) return not_a_number(error);
    replconf->has_rdb_only = true;
    replconf->rdb_only = number == 1;
    return true;
}

/* A list of what is to be in: none at all, or functions. */
static bool take_filter(struct replconf *replconf, struct str value, struct buf *error)
{
    struct words words = {0};
    bool good = words_split(&words, value);
    replconf->has_filter = true;
    replconf->filter = REPLCONF_WITHOUT_DATA | REPLCONF_WITHOUT_FUNCTIONS;
    for (size_t i = 0; good && i < words.count; i++) {
        good = str_is(words.list[i], "functions");
        replconf->filter &= ~(unsigned)REPLCONF_WITHOUT_FUNCTIONS;
    }
    words_deinit(&words);
    if (!good) {
        buf_append_c(error, "ERR Unsupported rdb-filter-only option: ");
        buf_append_str(error, str_first(value, 128));
    }
    return good;
}

static bool take_node(struct replconf *replconf, struct str value, struct buf *error)
{
    replconf->has_node = repl_id_parse(value, &replconf->node);
    if (!replconf->has_node) buf_append_c(error, "ERR node-id takes 40 hexadecimal digits");
    return replconf->has_node;
}

static bool take_quiet(struct replconf *replconf, struct str value, struct buf *error)
{
    if (!num_parse_i64(value, &replconf->quiet) || replconf->quiet < 0) return not_a_number(error);
    replconf->has_quiet = true;
    return true;
}

static bool take_version(struct replconf *replconf, struct str value, struct buf *error)
{
    (void)replconf, (void)value, (void)error;
    return true;
}

/* Who acknowledges nonsense is not told so: nothing answers an ACK. */
static bool take_ack(struct replconf *replconf, struct str value, struct buf *error)
{
    (void)error;
    replconf->kind = REPLCONF_ACK;
    if (!num_parse_i64(value, &replconf->ack)) replconf->ack = -1;
    return true;
}

static bool take_getack(struct replconf *replconf, struct str value, struct buf *error)
{
    (void)value, (void)error;
    replconf->kind = REPLCONF_GETACK;
    return true;
}

static const struct option options[] = {
    {"listening-port", take_port, false},
    {"ip-address", take_ip, false},
    {"capa", take_capability, false},
    {"rdb-only", take_rdb_only, false},
    {"rdb-filter-only", take_filter, false},
    {"node-id", take_node, false},
    {"quiet-offset", take_quiet, false},
    {"version", take_version, false},
    {"ack", take_ack, true},
    {"getack", take_getack, true},
};

static const struct option *find_option(struct str name)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        if (str_is(name, options[i].name)) return &options[i];
    }
    return NULL;
}

static void take_fack(const struct str *argv, size_t argc, size_t from, struct replconf *replconf)
{
    for (size_t i = from; i + 1 < argc; i += 2) {
        if (str_is(argv[i], "fack") && !num_parse_i64(argv[i + 1], &replconf->fack))
            replconf->fack = -1;
    }
}

void replconf_parse(const struct str *argv, size_t argc, struct replconf *replconf,
                    struct buf *error)
{
    *replconf = (struct replconf){.kind = REPLCONF_BAD, .fack = -1};
    if (argc % 2 == 0) {
        buf_append_c(error, "ERR syntax error");
        return;
    }
    struct replconf parsed = {.fack = -1};
    for (size_t i = 1; i + 1 < argc; i += 2) {
        const struct option *option = find_option(argv[i]);
        if (option == NULL) {
            buf_append_c(error, "ERR Unrecognized REPLCONF option: ");
            buf_append_str(error, str_first(argv[i], 128));
            return;
        }
        if (!option->take(&parsed, argv[i + 1], error)) return;
        if (option->ends) {
            take_fack(argv, argc, i + 2, &parsed);
            break;
        }
    }
    *replconf = parsed;
}
