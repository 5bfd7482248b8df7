#include "server/title.h"

/* What a template is filled with. */
struct filling {
    const struct config *config;
    const char *program;
};

static void write_program(const struct filling *filling, struct buf *out)
{
    buf_append_c(out, filling->program);
}

static void write_address(const struct filling *filling, struct buf *out)
{
    const struct config *config = filling->config;
    int port = config->net.port ? config->net.port : config->tls.port;
    if (port)
        buf_printf(out, "%s:%d", config->net.bind.count ? config->net.bind.words[0] : "*", port);
    else
        buf_append_c(out, config->net.unixsocket);
}

static void write_nothing(const struct filling *filling, struct buf *out)
{
    (void)filling;
    (void)out;
}

static void write_port(const struct filling *filling, struct buf *out)
{
    buf_append_i64(out, filling->config->net.port);
}

static void write_tls_port(const struct filling *filling, struct buf *out)
{
    buf_append_i64(out, filling->config->tls.port);
}

static void write_unix_socket(const struct filling *filling, struct buf *out)
{
    buf_append_c(out, filling->config->net.unixsocket);
}

static void write_config_file(const struct filling *filling, struct buf *out)
{
    const char *file = filling->config->file;
    buf_append_c(out, file[0] ? file : "-");
}

static const struct title_variable {
    const char *name;
    void (*write)(const struct filling *filling, struct buf *out);
} variables[] = {
    {"title", write_program},           {"listen-addr", write_address},
    {"server-mode", write_nothing},     {"port", write_port},
    {"tls-port", write_tls_port},       {"unixsocket", write_unix_socket},
    {"config-file", write_config_file},
};

static void write_variable(const struct filling *filling, struct str name, struct buf *out)
{
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (str_eq(name, str_from_c(variables[i].name))) variables[i].write(filling, out);
    }
}

void title_write(const struct config *config, const char *program, struct buf *out)
{
    struct filling filling = {config, program};
    struct str rest = str_from_c(config->process.proc_title_template);
    size_t start = out->len;
    while (rest.len) {
        ptrdiff_t open = str_find_char(rest, '{'), close = str_find_char(rest, '}');
        if (open < 0 || close < open) break;
        buf_append_str(out, str_first(rest, (size_t)open));
        write_variable(&filling, str_of(rest.ptr + open + 1, (size_t)(close - open - 1)), out);
        rest = str_from(rest, (size_t)close + 1);
    }
    buf_append_str(out, rest);
    while (out->len > start && out->ptr[out->len - 1] == ' ') out->len--;
}
