#include "cli/options.h"

#include "base/mem.h"
#include "base/num.h"
#include "cli/quoting.h"

enum option_kind {
    KIND_FLAG,    /* a bool becomes true */
    KIND_TEXT,    /* a const char * */
    KIND_NUMBER,  /* an int64_t */
    KIND_INT,     /* an int */
    KIND_SECONDS, /* a double, not negative */
    KIND_CHOICE,  /* an enum or int becomes `value` */
    KIND_MODE,    /* nothing but the mode */
    KIND_SPECIAL, /* `read` knows */
};

enum option_section {
    SECTION_CONNECTION,
    SECTION_TLS,
    SECTION_COMMAND,
    SECTION_OUTPUT,
    SECTION_MODE,
    SECTION_OTHER
};

static const char *const SECTION_TITLES[] = {
    "Where to connect", "Encryption", "Running commands", "Output", "Instead of commands", "Other",
};

struct option_spec {
    const char *name,
        *argument; /* argument: its name in the help, NULL when the option takes none */
    enum option_section section;
    enum option_kind kind;
    size_t offset;
    int value;
    bool (*read)(struct cli_options *options, const char *text, struct buf *why);
    enum cli_mode mode; /* chosen by the option too, unless MODE_COMMAND */
    const char *help;   /* NULL: like the option above */
};

#define FIELD(field) offsetof(struct cli_options, field)

static bool read_uri(struct cli_options *options, const char *text, struct buf *why)
{
    return uri_parse(options, text, why);
}

static bool read_password(struct cli_options *options, const char *text, struct buf *why)
{
    (void)why;
    options->password = text;
    options->password_on_command_line = true;
    return true;
}

static bool read_json(struct cli_options *options, enum cli_output output)
{
    options->output = output;
    if (options->protocol == 0) {
        options->protocol = 3;
        options->protocol_is_optional = true;
    }
    return true;
}

static bool read_plain_json(struct cli_options *options, const char *text, struct buf *why)
{
    (void)text, (void)why;
    return read_json(options, OUTPUT_JSON);
}

static bool read_quoted_json(struct cli_options *options, const char *text, struct buf *why)
{
    (void)text, (void)why;
    return read_json(options, OUTPUT_QUOTED_JSON);
}

static bool read_protocol_2(struct cli_options *options, const char *text, struct buf *why)
{
    (void)text, (void)why;
    options->protocol = 2;
    return true;
}

static bool read_protocol_3(struct cli_options *options, const char *text, struct buf *why)
{
    (void)text, (void)why;
    options->protocol = 3;
    options->protocol_is_optional = false;
    return true;
}

static bool read_show_pushes(struct cli_options *options, const char *text, struct buf *why)
{
    char first = char_lower(*text);
    if (first != 'y' && first != 'n') {
        buf_printf(why, "--show-pushes takes yes or no, not '%s'.", text);
        return false;
    }
    options->show_pushes = first == 'y';
    return true;
}

static bool read_pattern(struct cli_options *options, const char *text, struct buf *why)
{
    (void)why;
    buf_clear(&options->pattern);
    buf_append_c(&options->pattern, text);
    return true;
}

static bool read_quoted_pattern(struct cli_options *options, const char *text, struct buf *why)
{
    buf_clear(&options->pattern);
    if (quoting_remove(str_from_c(text), &options->pattern)) return true;
    buf_append_c(why, "The pattern has unbalanced quotes.");
    return false;
}

static bool read_ldb(struct cli_options *options, const char *text, struct buf *why)
{
    (void)text, (void)why;
    options->debug_script = true;
    return true;
}

static bool read_nothing(struct cli_options *options, const char *text, struct buf *why)
{
    (void)options, (void)text, (void)why;
    return true;
}

#define CONNECTION .section = SECTION_CONNECTION
#define TLS        .section = SECTION_TLS, .kind = KIND_TEXT
#define COMMAND    .section = SECTION_COMMAND
#define OUTPUT     .section = SECTION_OUTPUT
#define MODE(m)    .section = SECTION_MODE, .kind = KIND_MODE, .mode = MODE_##m
#define SPECIAL(f) .kind = KIND_SPECIAL, .read = (f)

static const struct option_spec OPTIONS[] = {
    {"-h", "host", CONNECTION, .kind = KIND_TEXT, .offset = FIELD(host),
     .help = "name or address of the server (127.0.0.1)"},
    {"-p", "port", CONNECTION, .kind = KIND_INT, .offset = FIELD(port),
     .help = "its TCP port (6379)"},
    {"-s", "path", CONNECTION, .kind = KIND_TEXT, .offset = FIELD(socket_path),
     .help = "a unix socket, instead of host and port"},
    {"-u", "uri", CONNECTION, SPECIAL(read_uri),
     .help = "all in one: redis://user:password@host:port/db, rediss://, unix:///path"},
    {"--user", "name", CONNECTION, .kind = KIND_TEXT, .offset = FIELD(user),
     .help = "log in as this user, with the password"},
    {"-a", "password", CONNECTION, SPECIAL(read_password),
     .help = "log in; SKEINCLI_AUTH or REDISCLI_AUTH in the environment are safer"},
    {"--pass", "password", CONNECTION, SPECIAL(read_password)},
    {"--askpass", NULL, CONNECTION, .kind = KIND_FLAG, .offset = FIELD(ask_password),
     .help = "ask for the password at the terminal, without showing it"},
    {"--no-auth-warning", NULL, CONNECTION, .kind = KIND_FLAG, .offset = FIELD(no_auth_warning),
     .help = "say nothing about passwords on the command line"},
    {"-n", "db", CONNECTION, .kind = KIND_INT, .offset = FIELD(db),
     .help = "number of the database"},
    {"-2", NULL, CONNECTION, SPECIAL(read_protocol_2), .help = "speak RESP2"},
    {"-3", NULL, CONNECTION, SPECIAL(read_protocol_3), .help = "speak RESP3"},

    {"--tls", NULL, .section = SECTION_TLS, .kind = KIND_FLAG, .offset = FIELD(tls.enabled),
     .help = "encrypt the connection"},
    {"--sni", "host", TLS, .offset = FIELD(tls.sni), .help = "server name to ask for"},
    {"--cacert", "file", TLS, .offset = FIELD(tls.ca_file),
     .help = "trust the authorities in this file, not the machine's"},
    {"--cacertdir", "dir", TLS, .offset = FIELD(tls.ca_dir),
     .help = "trust the authorities in this directory"},
    {"--insecure", NULL, .section = SECTION_TLS, .kind = KIND_FLAG, .offset = FIELD(tls.insecure),
     .help = "accept any certificate"},
    {"--cert", "file", TLS, .offset = FIELD(tls.cert_file),
     .help = "certificate to show the server"},
    {"--key", "file", TLS, .offset = FIELD(tls.key_file), .help = "its private key"},
    {"--tls-ciphers", "list", TLS, .offset = FIELD(tls.ciphers),
     .help = "ciphers for TLS 1.2, in OpenSSL's notation"},
    {"--tls-ciphersuites", "list", TLS, .offset = FIELD(tls.ciphersuites),
     .help = "cipher suites for TLS 1.3"},

    {"-r", "count", COMMAND, .kind = KIND_NUMBER, .offset = FIELD(repeat),
     .help = "run the command so often; -1: until interrupted"},
    {"-i", "seconds", COMMAND, .kind = KIND_SECONDS, .offset = FIELD(interval_s),
     .help = "pause between repetitions, samples or pages of a scan (fractions allowed)"},
    {"-x", NULL, COMMAND, .kind = KIND_FLAG, .offset = FIELD(last_word_from_stdin),
     .help = "append standard input as the command's last word"},
    {"-X", "tag", COMMAND, .kind = KIND_TEXT, .offset = FIELD(stdin_tag),
     .help = "put standard input in the place of the word <tag>"},
    {"--quoted-input", NULL, COMMAND, .kind = KIND_FLAG, .offset = FIELD(quoted_input),
     .help = "words in quotes may hold escapes: '\"a\\x00b\"'"},
    {"-e", NULL, COMMAND, .kind = KIND_FLAG, .offset = FIELD(exit_on_error),
     .help = "end with status 1 when the server answers with an error"},
    {"-c", NULL, COMMAND, SPECIAL(read_nothing),
     .help = "accepted and without effect: there are no clusters to follow"},
    {"--eval", "file", COMMAND, .kind = KIND_TEXT, .offset = FIELD(eval_file), .mode = MODE_EVAL,
     .help = "run a Lua script: --eval file key key , argument argument"},

    {"--raw", NULL, OUTPUT, .kind = KIND_CHOICE, .offset = FIELD(output), .value = OUTPUT_RAW,
     .help = "replies as plain bytes (usual when the output is no terminal)"},
    {"--no-raw", NULL, OUTPUT, .kind = KIND_CHOICE, .offset = FIELD(output), .value = OUTPUT_TTY,
     .help = "replies with their types (usual on a terminal)"},
    {"--csv", NULL, OUTPUT, .kind = KIND_CHOICE, .offset = FIELD(output), .value = OUTPUT_CSV,
     .help = "replies as comma separated values"},
    {"--json", NULL, OUTPUT, SPECIAL(read_plain_json),
     .help = "replies as JSON; asks for RESP3 unless -2 is given"},
    {"--quoted-json", NULL, OUTPUT, SPECIAL(read_quoted_json), .help = "the same in pure ASCII"},
    {"-d", "text", OUTPUT, .kind = KIND_TEXT, .offset = FIELD(item_delimiter),
     .help = "between the items of a raw reply (newline)"},
    {"-D", "text", OUTPUT, .kind = KIND_TEXT, .offset = FIELD(reply_delimiter),
     .help = "behind each raw reply (newline)"},
    {"--show-pushes", "yes|no", OUTPUT, SPECIAL(read_show_pushes),
     .help = "print push messages of RESP3 (usual on a terminal)"},

    {"--stat", NULL, MODE(STAT),
     .help = "print memory, clients and requests, once a second or each -i seconds"},
    {"--latency", NULL, MODE(LATENCY),
     .help = "measure the time of a PING: for ever on a terminal, else for -i seconds (1)"},
    {"--latency-history", NULL, MODE(LATENCY_HISTORY),
     .help = "the same with a new line each -i seconds (15)"},
    {"--latency-dist", NULL, MODE(LATENCY_DIST),
     .help = "the same as a coloured spectrum, each -i seconds (1)"},
    {"--intrinsic-latency", "seconds", .section = SECTION_MODE, .kind = KIND_NUMBER,
     .offset = FIELD(intrinsic_seconds), .mode = MODE_INTRINSIC_LATENCY,
     .help = "measure this machine's own pauses; needs no server"},
    {"--scan", NULL, MODE(SCAN), .help = "list all keys"},
    {"--pattern", "glob", .section = SECTION_MODE, SPECIAL(read_pattern),
     .help = "only keys that match (--scan, --bigkeys, --memkeys, --hotkeys)"},
    {"--quoted-pattern", "glob", .section = SECTION_MODE, SPECIAL(read_quoted_pattern),
     .help = "the same, with escapes: '\"\\xff*\"'"},
    {"--bigkeys", NULL, MODE(BIGKEYS), .help = "look for keys with many elements"},
    {"--memkeys", NULL, MODE(MEMKEYS), .help = "look for keys that use much memory"},
    {"--memkeys-samples", "count", .section = SECTION_MODE, .kind = KIND_NUMBER,
     .offset = FIELD(memory_samples), .mode = MODE_MEMKEYS,
     .help = "the same, measuring so many elements of each key"},
    {"--hotkeys", NULL, MODE(HOTKEYS),
     .help = "look for keys in frequent use; the server needs an LFU maxmemory-policy"},
    {"--pipe", NULL, MODE(PIPE),
     .help = "send standard input, which must be protocol, and count the replies"},
    {"--pipe-timeout", "seconds", .section = SECTION_MODE, .kind = KIND_NUMBER,
     .offset = FIELD(pipe_timeout_s),
     .help = "give up when no reply came for so long after the input ended (30; 0: never)"},
    {"--rdb", "file", .section = SECTION_MODE, .kind = KIND_TEXT, .offset = FIELD(rdb_file),
     .mode = MODE_RDB, .help = "fetch a snapshot into a file; \"-\": to standard output"},
    {"--functions-rdb", "file", .section = SECTION_MODE, .kind = KIND_TEXT,
     .offset = FIELD(rdb_file), .mode = MODE_FUNCTIONS_RDB,
     .help = "the same with the function libraries only"},
    {"--replica", NULL, MODE(REPLICA),
     .help = "act as a replica and print the commands that arrive"},
    {"--slave", NULL, MODE(REPLICA)},
    {"--lru-test", "keys", .section = SECTION_MODE, .kind = KIND_NUMBER, .offset = FIELD(lru_keys),
     .mode = MODE_LRU_TEST,
     .help = "write and read keys, few of them most of the time, and print the hit rate"},

    {"--ldb", NULL, .section = SECTION_OTHER, SPECIAL(read_ldb),
     .help = "refused: there is no script debugger"},
    {"--ldb-sync-mode", NULL, .section = SECTION_OTHER, SPECIAL(read_ldb)},
    {"--cluster", "...", .section = SECTION_OTHER, .kind = KIND_MODE, .mode = MODE_CLUSTER,
     .help = "refused: there are no clusters to manage"},
    {"--verbose", NULL, .section = SECTION_OTHER, .kind = KIND_FLAG, .offset = FIELD(is_verbose),
     .help = "accepted and without effect"},
    {"--help", NULL, .section = SECTION_OTHER, .kind = KIND_MODE, .mode = MODE_HELP,
     .help = "print this text"},
    {"--version", NULL, .section = SECTION_OTHER, .kind = KIND_MODE, .mode = MODE_VERSION,
     .help = "print the version"},
    {"-v", NULL, .section = SECTION_OTHER, .kind = KIND_MODE, .mode = MODE_VERSION},
};

enum { OPTION_COUNT = sizeof(OPTIONS) / sizeof(*OPTIONS) };

/* ---- reading the command line */

static bool set_number(const struct option_spec *spec, void *field, const char *text,
                       struct buf *why)
{
    int64_t number;
    if (!num_parse_i64(str_from_c(text), &number)) {
        buf_printf(why, "%s needs a whole number, not '%s'.", spec->name, text);
        return false;
    }
    if (spec->kind == KIND_NUMBER) {
        *(int64_t *)field = number;
        return true;
    }
    if (number < 0 || number > INT32_MAX) {
        buf_printf(why, "%s is out of range for %s.", text, spec->name);
        return false;
    }
    *(int *)field = (int)number;
    return true;
}

static bool set_seconds(const struct option_spec *spec, double *field, const char *text,
                        struct buf *why)
{
    if (num_parse_double(str_from_c(text), field) && *field >= 0 && *field < 1e9) return true;
    buf_printf(why, "%s needs a number of seconds, not '%s'.", spec->name, text);
    return false;
}

static bool apply(struct cli_options *options, const struct option_spec *spec, const char *text,
                  struct buf *why)
{
    void *field = (char *)options + spec->offset;
    if (spec->mode != MODE_COMMAND) options->mode = spec->mode;
    switch (spec->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        return true;
    case KIND_TEXT:
        *(const char **)field = text;
        return true;
    case KIND_NUMBER:
    case KIND_INT:
        return set_number(spec, field, text, why);
    case KIND_SECONDS:
        return set_seconds(spec, field, text, why);
    case KIND_CHOICE:
        *(enum cli_output *)field = (enum cli_output)spec->value;
        return true;
    case KIND_MODE:
        return true;
    case KIND_SPECIAL:
        return spec->read(options, text, why);
    }
    return false;
}

static const struct option_spec *find(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) return &OPTIONS[i];
    }
    return NULL;
}

/* Returns how many words of argv were options (the program's name included), or -1. */
static int parse_options(struct cli_options *options, int argc, char **argv, struct buf *why)
{
    int at = 1;
    while (at < argc && argv[at][0] == '-') {
        const struct option_spec *spec = find(argv[at]);
        bool is_last = at == argc - 1;
        if (spec && is_last && strcmp(spec->name, "-h") == 0) spec = find("--help");
        if (!spec || (spec->argument && is_last && spec->mode != MODE_CLUSTER)) {
            buf_printf(why, "%s '%s'. Try %s --help.",
                       spec ? "An argument is missing behind" : "Unknown option", argv[at],
                       argv[0]);
            return -1;
        }
        bool takes_word = spec->argument && spec->mode != MODE_CLUSTER;
        if (!apply(options, spec, takes_word ? argv[at + 1] : NULL, why)) return -1;
        at += takes_word ? 2 : 1;
        if (spec->kind == KIND_MODE && spec->section == SECTION_OTHER) return argc;
    }
    return at;
}

static void set_defaults(struct cli_options *options, const struct cli_environment *environment)
{
    *options = (struct cli_options){
        .host = "127.0.0.1",
        .port = 6379,
        .output = environment->is_terminal ? OUTPUT_TTY : OUTPUT_RAW,
        .show_pushes = environment->is_terminal,
        .item_delimiter = "\n",
        .reply_delimiter = "\n",
        .repeat = 1,
        .pipe_timeout_s = 30,
        .memory_samples = -1,
    };
}

static bool keep_words(struct cli_options *options, int count, char **argv, struct buf *why)
{
    options->words = mem_calloc((size_t)(count + 1) * sizeof(*options->words));
    for (int i = 0; i < count; i++) {
        struct str *word = &options->words[options->word_count++];
        *word = str_from_c(argv[i]);
        if (!options->quoted_input) continue;
        struct buf plain = {0};
        bool ok = quoting_remove(*word, &plain);
        char *owned = options_own(options, mem_strndup(buf_c(&plain), plain.len));
        *word = str_of(owned, plain.len);
        buf_deinit(&plain);
        if (!ok) {
            buf_append_c(why, "A word has unbalanced quotes.");
            return false;
        }
    }
    return true;
}

bool options_parse(struct cli_options *options, int argc, char **argv,
                   const struct cli_environment *environment, struct buf *why)
{
    set_defaults(options, environment);
    int used = parse_options(options, argc, argv, why);
    if (used < 0) return false;
    if (!options->password) options->password = environment->auth;
    if (options->debug_script && !options->eval_file) {
        buf_printf(why, "--ldb goes with --eval only. Try %s --help.", argv[0]);
        return false;
    }
    return keep_words(options, argc - used, argv + used, why);
}

char *options_own(struct cli_options *options, char *text)
{
    size_t count = options->owned.count++;
    options->owned.list = mem_realloc(options->owned.list, (count + 1) * sizeof(char *));
    options->owned.list[count] = text;
    return text;
}

void options_deinit(struct cli_options *options)
{
    for (size_t i = 0; i < options->owned.count; i++) mem_free(options->owned.list[i]);
    mem_free(options->owned.list);
    mem_free(options->words);
    buf_deinit(&options->pattern);
    *options = (struct cli_options){0};
}

/* ---- help */

static void print_option(FILE *out, const struct option_spec *spec)
{
    char left[40];
    snprintf(left, sizeof(left), "%s%s%s", spec->name, spec->argument ? " " : "",
             spec->argument ? spec->argument : "");
    if (spec->help)
        fprintf(out, "  %-26s %s\n", left, spec->help);
    else
        fprintf(out, "  %-26s like the option above\n", left);
}

void options_print_help(FILE *out)
{
    fputs("skein-cli talks to a Skein or Redis server.\n\n"
          "  skein-cli [options]                      a prompt, or commands from standard input\n"
          "  skein-cli [options] command [word ...]   one command\n",
          out);
    for (size_t section = 0; section <= SECTION_OTHER; section++) {
        fprintf(out, "\n%s\n", SECTION_TITLES[section]);
        for (size_t i = 0; i < OPTION_COUNT; i++) {
            if (OPTIONS[i].section == section) print_option(out, &OPTIONS[i]);
        }
    }
    fputs("\nFiles and environment\n"
          "  ~/.skeincli_history        lines typed at the prompt (SKEINCLI_HISTFILE, "
          "REDISCLI_HISTFILE)\n"
          "  ~/.skeinclirc              read when the prompt starts (SKEINCLI_RCFILE, "
          "REDISCLI_RCFILE)\n"
          "  FAKETTY                    when set, print as on a terminal\n",
          out);
}
