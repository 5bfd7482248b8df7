/* What the command line and the environment ask for.
 *
 * Options come from one table (options.c), which the help text is printed from too. Everything
 * here borrows from argv and the environment except what `owned` keeps (parts of a URI, the
 * words of --quoted-input). */
#ifndef SKEIN_CLI_OPTIONS_H
#define SKEIN_CLI_OPTIONS_H

#include "base/buf.h"
#include "base/str.h"

#include <stdio.h>

enum cli_output { OUTPUT_TTY, OUTPUT_RAW, OUTPUT_CSV, OUTPUT_JSON, OUTPUT_QUOTED_JSON };

enum cli_mode {
    MODE_COMMAND, /* run the words given, or the prompt when there are none */
    MODE_EVAL,
    MODE_LATENCY,
    MODE_LATENCY_HISTORY,
    MODE_LATENCY_DIST,
    MODE_LRU_TEST,
    MODE_REPLICA,
    MODE_RDB,
    MODE_FUNCTIONS_RDB,
    MODE_PIPE,
    MODE_BIGKEYS,
    MODE_MEMKEYS,
    MODE_HOTKEYS,
    MODE_STAT,
    MODE_SCAN,
    MODE_INTRINSIC_LATENCY,
    MODE_CLUSTER,
    MODE_HELP,
    MODE_VERSION,
};

struct cli_tls {
    bool enabled, insecure;
    const char *sni, *ca_file, *ca_dir, *cert_file, *key_file, *ciphers, *ciphersuites;
};

struct cli_options {
    const char *host, *socket_path;
    int port;
    const char *user, *password;
    bool ask_password, password_on_command_line, no_auth_warning;
    int db;
    int protocol;              /* 2 or 3 when asked for, 0: as the server starts */
    bool protocol_is_optional; /* 3 came with --json and may fail quietly */
    struct cli_tls tls;

    enum cli_output output;
    const char *item_delimiter, *reply_delimiter;
    bool show_pushes, is_verbose;

    enum cli_mode mode;
    int64_t repeat;
    double interval_s; /* 0: not given */
    bool last_word_from_stdin, exit_on_error, quoted_input;
    const char *stdin_tag;
    const char *eval_file, *rdb_file;
    bool debug_script;
    struct buf pattern;
    int64_t pipe_timeout_s, memory_samples, lru_keys, intrinsic_seconds;

    struct str *words; /* the command, without options */
    size_t word_count;
    struct cli_owned {
        char **list;
        size_t count;
    } owned;
};

/* What is around the program, so that parsing can be tested. */
struct cli_environment {
    const char *auth; /* a password, or NULL */
    bool is_terminal; /* output goes to one, or FAKETTY says so */
};

/* Fills *options; false with a sentence in `why`. The program's name is argv[0]. */
bool options_parse(struct cli_options *options, int argc, char **argv,
                   const struct cli_environment *environment, struct buf *why);
void options_deinit(struct cli_options *options);
/* Keeps a heap string until options_deinit and returns it. */
char *options_own(struct cli_options *options, char *text);
void options_print_help(FILE *out);

/* "redis://user:password@host:port/db", "rediss://...", "unix:///path?db=1" and their skein
 * spellings. */
bool uri_parse(struct cli_options *options, const char *uri, struct buf *why);

#endif
