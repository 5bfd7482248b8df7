#include "cli/options.h"

#include "base/mem.h"
#include "base/num.h"

enum uri_kind { URI_TCP, URI_TLS, URI_UNIX };

static const struct {
    struct str prefix;
    enum uri_kind kind;
} SCHEMES[] = {
    {STR_INIT("redis://"), URI_TCP},       {STR_INIT("rediss://"), URI_TLS},
    {STR_INIT("skein://"), URI_TCP},       {STR_INIT("skeins://"), URI_TLS},
    {STR_INIT("redis+unix://"), URI_UNIX}, {STR_INIT("redis-socket://"), URI_UNIX},
    {STR_INIT("unix://"), URI_UNIX},
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode_percent(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            buf_append_char(out, text.ptr[i]);
            continue;
        }
        int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0) return false;
        buf_append_char(out, (char)(high * 16 + low));
        i += 2;
    }
    return true;
}

/* Decodes into a string that lives as long as the options; NULL when an escape is broken or
 * holds a NUL. */
static const char *decode(struct cli_options *options, struct str text)
{
    struct buf out = {0};
    const char *result = NULL;
    if (decode_percent(text, &out) && !(out.len && memchr(out.ptr, 0, out.len)))
        result = options_own(options, mem_strndup(buf_c(&out), out.len));
    buf_deinit(&out);
    return result;
}

static bool read_user_info(struct cli_options *options, struct str info)
{
    ptrdiff_t colon = str_find_char(info, ':');
    if (colon < 0) {
        options->password = decode(options, info);
        return options->password != NULL;
    }
    if (colon > 0) {
        options->user = decode(options, str_first(info, (size_t)colon));
        if (!options->user) return false;
    }
    options->password = decode(options, str_from(info, (size_t)colon + 1));
    return options->password != NULL;
}

static bool read_port(struct cli_options *options, struct str text)
{
    int64_t port;
    if (text.len == 0) return true;
    if (!num_parse_i64(text, &port) || port < 1 || port > 65535) return false;
    options->port = (int)port;
    return true;
}

static bool read_host(struct cli_options *options, struct str host)
{
    ptrdiff_t end = -1;
    if (host.len > 0 && host.ptr[0] == '[') {
        end = str_find_char(host, ']');
        if (end < 0) return false;
        struct str port = str_from(host, (size_t)end + 1);
        if (port.len > 0 && (port.ptr[0] != ':' || !read_port(options, str_from(port, 1))))
            return false;
        host = str_from(str_first(host, (size_t)end), 1);
    } else {
        end = str_find_char(host, ':');
        if (end >= 0) {
            if (!read_port(options, str_from(host, (size_t)end + 1))) return false;
            host = str_first(host, (size_t)end);
        }
    }
    if (host.len == 0) return true;
    options->host = decode(options, host);
    return options->host != NULL;
}

static bool read_db(struct cli_options *options, struct str text)
{
    int64_t db;
    if (text.len == 0) return true;
    if (!num_parse_i64(text, &db) || db < 0 || db > INT32_MAX) return false;
    options->db = (int)db;
    return true;
}

static bool read_query(struct cli_options *options, struct str query)
{
    struct str part;
    while (query.ptr && str_split(&query, '&', &part)) {
        if (str_starts_with(part, STR("db="))) {
            if (!read_db(options, str_from(part, 3))) return false;
        }
    }
    return true;
}

/* Cuts the part behind the first `mark` off and returns it; empty with a NULL ptr when there is
 * none. */
static struct str cut_behind(struct str *text, char mark)
{
    ptrdiff_t at = str_find_char(*text, mark);
    if (at < 0) return (struct str){0};
    struct str behind = str_from(*text, (size_t)at + 1);
    *text = str_first(*text, (size_t)at);
    return behind;
}

/* User info ends at the last '@', so that a careless password may hold one. */
static bool read_login(struct cli_options *options, struct str *authority)
{
    for (size_t at = authority->len; at-- > 0;) {
        if (authority->ptr[at] != '@') continue;
        struct str info = str_first(*authority, at);
        *authority = str_from(*authority, at + 1);
        options->password_on_command_line = true;
        return read_user_info(options, info);
    }
    return true;
}

static bool read_unix(struct cli_options *options, struct str rest)
{
    if (!read_query(options, cut_behind(&rest, '?'))) return false;
    ptrdiff_t slash = str_find_char(rest, '/');
    if (slash > 0) {
        struct str authority = str_first(rest, (size_t)slash);
        if (!read_login(options, &authority) || authority.len > 0) return false;
        rest = str_from(rest, (size_t)slash);
    }
    options->socket_path = decode(options, rest);
    return options->socket_path && *options->socket_path;
}

static bool read_network(struct cli_options *options, struct str rest)
{
    if (!read_query(options, cut_behind(&rest, '?'))) return false;
    struct str db = cut_behind(&rest, '/');
    return read_login(options, &rest) && read_host(options, rest) && read_db(options, db);
}

bool uri_parse(struct cli_options *options, const char *uri, struct buf *why)
{
    struct str text = str_from_c(uri);
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(*SCHEMES); i++) {
        if (!str_starts_with(text, SCHEMES[i].prefix)) continue;
        struct str rest = str_from(text, SCHEMES[i].prefix.len);
        if (SCHEMES[i].kind == URI_TLS) options->tls.enabled = true;
        bool ok =
            SCHEMES[i].kind == URI_UNIX ? read_unix(options, rest) : read_network(options, rest);
        if (!ok)
            buf_append_c(why,
                         "The URI is not of the form scheme://[user:password@]host[:port][/db].");
        return ok;
    }
    buf_append_c(why, "The URI must begin with redis://, rediss:// or unix://.");
    return false;
}
