#include "server/config_arguments.h"

#include "base/num.h"
#include "base/words.h"

static bool begins_option(const char *arg)
{
    return arg[0] == '-' && arg[1] == '-';
}

/* --- what is asked for --- */

static const struct {
    const char *name;
    enum config_start start;
} requests[] = {
    {"-v", CONFIG_START_VERSION},
    {"--version", CONFIG_START_VERSION},
    {"-h", CONFIG_START_HELP},
    {"--help", CONFIG_START_HELP},
    {"--test-memory", CONFIG_START_TEST_MEMORY},
    {"--check-system", CONFIG_START_CHECK_SYSTEM},
};

static bool is_sentinel(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *program = slash ? slash + 1 : argc > 0 ? argv[0] : "";
    if (str_find(str_from_c(program), STR("sentinel")) >= 0) return true;
    for (int i = 1; i < argc; i++) {
        if (str_eq(str_from_c(argv[i]), STR("--sentinel"))) return true;
    }
    return false;
}

static enum config_start find_start(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(requests) / sizeof(*requests); i++) {
        if (str_eq(str_from_c(argv[1]), str_from_c(requests[i].name))) return requests[i].start;
    }
    return is_sentinel(argc, argv) ? CONFIG_START_SENTINEL : CONFIG_START_SERVER;
}

/* --- options as lines --- */

struct option_lines {
    struct buf *out;
    bool has_value; /* the option of the current line has one, so "--" begins the next */
};

/* "--bind 127.0.0.1" in one argument brings its value along. */
static void begin_line(struct option_lines *lines, struct str text, const char *next)
{
    struct words words = {0};
    bool alone = words_split(&words, text) && words.count == 1;
    words_deinit(&words);
    if (lines->out->len > 0) buf_append_char(lines->out, '\n');
    buf_append_str(lines->out, text);
    lines->has_value = !alone;
    if (alone && str_is(text, "save") && (!next || begins_option(next))) {
        buf_append_c(lines->out, " \"\"");
        lines->has_value = true;
    }
}

static void add_argument(struct option_lines *lines, const char *arg, const char *next)
{
    if (lines->has_value && begins_option(arg)) {
        begin_line(lines, str_from(str_from_c(arg), 2), next);
        return;
    }
    if (lines->out->len > 0) buf_append_char(lines->out, ' ');
    buf_append_quoted(lines->out, str_from_c(arg));
    lines->has_value = true;
}

void config_arguments_init(struct config_arguments *arguments, int argc, char **argv)
{
    *arguments = (struct config_arguments){.start = find_start(argc, argv)};
    if (arguments->start == CONFIG_START_TEST_MEMORY && argc == 3 &&
        (!num_parse_i64(str_from_c(argv[2]), &arguments->test_megabytes) ||
         arguments->test_megabytes < 0)) {
        arguments->test_megabytes = 0;
    }
    if (arguments->start != CONFIG_START_SERVER) return;
    int at = 1;
    if (argc > 1 && argv[1][0] != '-') arguments->file = argv[at++];
    if (argc > at && str_eq(str_from_c(argv[argc - 1]), STR("-"))) {
        arguments->from_stdin = true;
        argc--;
    }
    struct option_lines lines = {&arguments->options, true};
    for (; at < argc; at++) add_argument(&lines, argv[at], at + 1 < argc ? argv[at + 1] : NULL);
}

void config_arguments_deinit(struct config_arguments *arguments)
{
    buf_deinit(&arguments->options);
    *arguments = (struct config_arguments){0};
}

bool config_load_arguments(struct config_load *load, const struct config_arguments *arguments,
                           struct str input)
{
    if (arguments->file && !config_load_file(load, arguments->file)) return false;
    return config_load_text(load, STR("standard input"), input) &&
           config_load_text(load, STR("the command line"), buf_str(&arguments->options)) &&
           config_load_finish(load);
}

void config_help_write(const char *program, struct buf *out)
{
    static const char *const lines[] = {
        "[file.conf] [--option value ...] [-]",        "",
        "-                                          ", "directives from standard input",
        "/etc/skein/skein.conf --loglevel verbose   ", "a file, and one option above it",
        "--port 7000 --replicaof 127.0.0.1 6379     ", "a replica without a file",
        "-v | --version                             ", "the version",
        "-h | --help                                ", "this text",
        "--test-memory MEGABYTES                    ", "write and compare that much memory",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i += 2) {
        buf_printf(out, "%s%s %s%s\n", i ? "       " : "Usage: ", program, lines[i], lines[i + 1]);
    }
    buf_append_c(out, "\nEvery directive of the configuration file is an option of that name.\n");
}
