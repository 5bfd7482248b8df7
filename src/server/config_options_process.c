#include "server/config_kind.h"

static const struct config_name supervised[] = {
    {"upstart", CONFIG_SUPERVISED_UPSTART},
    {"systemd", CONFIG_SUPERVISED_SYSTEMD},
    {"auto", CONFIG_SUPERVISED_AUTO},
    {"no", CONFIG_SUPERVISED_NO},
    {NULL, 0},
};

static const struct config_name oom_score[] = {
    {"no", CONFIG_OOM_NO},
    {"yes", CONFIG_OOM_RELATIVE},
    {"relative", CONFIG_OOM_RELATIVE},
    {"absolute", CONFIG_OOM_ABSOLUTE},
    {NULL, 0},
};

static const struct config_name shutdown_flags[] = {
    {"default", 0},
    {"save", CONFIG_SHUTDOWN_SAVE},
    {"nosave", CONFIG_SHUTDOWN_NOSAVE},
    {"now", CONFIG_SHUTDOWN_NOW},
    {"force", CONFIG_SHUTDOWN_FORCE},
    {NULL, 0},
};

static bool check_shutdown(const void *field, struct buf *reason)
{
    unsigned both = CONFIG_SHUTDOWN_SAVE | CONFIG_SHUTDOWN_NOSAVE;
    if ((*(const unsigned *)field & both) != both) return true;
    buf_append_c(reason, "shutdown options SAVE and NOSAVE can't be used simultaneously");
    return false;
}

static bool is_title_variable(struct str name)
{
    static const char *const known[] = {"title",    "listen-addr", "server-mode", "port",
                                        "tls-port", "unixsocket",  "config-file"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (str_eq(name, str_from_c(known[i]))) return true;
    }
    return false;
}

/* Braces come in pairs, not nested, around a variable we know. */
static bool is_title_template(struct str text)
{
    while (text.len > 0) {
        if (*text.ptr == '}') return false;
        if (*text.ptr != '{') {
            text = str_from(text, 1);
            continue;
        }
        ptrdiff_t end = str_find_char(text, '}');
        if (end < 0 || !is_title_variable(str_of(text.ptr + 1, (size_t)end - 1))) return false;
        text = str_from(text, (size_t)end + 1);
    }
    return true;
}

static bool check_title(const void *field, struct buf *reason)
{
    struct str text = str_from_c(*(char *const *)field);
    if (text.len > 0 && is_title_template(text)) return true;
    buf_append_c(reason, "template format is invalid or contains unknown variables");
    return false;
}

#define NO_PINNING "threads are not pinned to processors"

static const struct config_option options[] = {
    {"daemonize", BOOL(process.daemonize), .initial = "no", .flags = CONFIG_IMMUTABLE},
    {"supervised", ENUM(process.supervised, supervised), .initial = "no",
     .flags = CONFIG_IMMUTABLE},
    {"pidfile", TEXT(process.pidfile), .flags = CONFIG_IMMUTABLE},
    {"dir", TEXT(process.dir), .initial = ".", .flags = CONFIG_PROTECTED,
     .change = CONFIG_CHANGE_DIR},
    {"databases", NUMBER(process.databases, 1, INT_MAX), .initial = "16",
     .flags = CONFIG_IMMUTABLE},
    {"hz", CLAMPED(process.hz, 1, 500), .initial = "10", .change = CONFIG_CHANGE_HZ},
    {"dynamic-hz", BOOL(process.dynamic_hz), .initial = "yes", .change = CONFIG_CHANGE_HZ,
     .not_yet = "the number of clients does not change how often periodic work runs"},
    {"activerehashing", BOOL(process.activerehashing), .initial = "yes",
     .not_yet = "tables grow page by page, there is no rehashing to help along"},
    {"set-proc-title", BOOL(process.set_proc_title), .initial = "yes", .flags = CONFIG_IMMUTABLE},
    {"proc-title-template", TEXT(process.proc_title_template),
     .initial = "{title} {listen-addr} {server-mode}", .change = CONFIG_CHANGE_TITLE,
     .check = check_title},
    {"always-show-logo", BOOL(process.always_show_logo), .initial = "no", .flags = CONFIG_IMMUTABLE,
     .not_yet = "no logo is drawn"},
    {"ignore-warnings", TEXT(process.ignore_warnings), .not_yet = "the start is never refused"},
    {"locale-collate", TEXT(process.locale_collate), .change = CONFIG_CHANGE_LOCALE,
     .not_yet = "SORT ALPHA compares bytes"},
    {"disable-thp", BOOL(process.disable_thp), .initial = "yes", .flags = CONFIG_IMMUTABLE},
    {"oom-score-adj", ENUM(process.oom_score_adj, oom_score), .initial = "no",
     .change = CONFIG_CHANGE_OOM_SCORE},
    {"oom-score-adj-values", CONFIG_AT(process.oom_score_adj_values),
     .kind = &config_kind_oom_values, .initial = "0 200 800", .flags = CONFIG_MULTI,
     .change = CONFIG_CHANGE_OOM_SCORE},
    {"shutdown-timeout", NUMBER(process.shutdown_timeout_s, 0, INT_MAX), .initial = "10"},
    {"shutdown-on-sigint", FLAGS(process.shutdown_on_sigint, shutdown_flags), .initial = "default",
     .flags = CONFIG_MULTI, .check = check_shutdown},
    {"shutdown-on-sigterm", FLAGS(process.shutdown_on_sigterm, shutdown_flags),
     .initial = "default", .flags = CONFIG_MULTI, .check = check_shutdown},
    {"server_cpulist", TEXT(process.server_cpulist), .flags = CONFIG_IMMUTABLE,
     .not_yet = NO_PINNING},
    {"bio_cpulist", TEXT(process.bio_cpulist), .flags = CONFIG_IMMUTABLE, .not_yet = NO_PINNING},
    {"aof_rewrite_cpulist", TEXT(process.aof_rewrite_cpulist), .flags = CONFIG_IMMUTABLE,
     .not_yet = NO_PINNING},
    {"bgsave_cpulist", TEXT(process.bgsave_cpulist), .flags = CONFIG_IMMUTABLE,
     .not_yet = NO_PINNING},
    {"crash-log-enabled", BOOL(process.crash_log_enabled), .initial = "yes"},
    {"crash-memcheck-enabled", BOOL(process.crash_memcheck_enabled), .initial = "yes",
     .not_yet = "a crash does not test the machine's memory"},
    {"use-exit-on-panic", BOOL(process.use_exit_on_panic), .initial = "no", .flags = CONFIG_HIDDEN,
     .not_yet = "a failed assertion always aborts"},
    {"watchdog-period", NUMBER(process.watchdog_period_ms, 0, INT_MAX), .initial = "0",
     .flags = CONFIG_HIDDEN, .change = CONFIG_CHANGE_WATCHDOG,
     .not_yet = "there is no software watchdog"},
};

CONFIG_AREA(process, "Process", options);
