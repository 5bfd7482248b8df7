#include "server/config_kind.h"

static const struct config_name levels[] = {
    {"debug", CONFIG_LOG_DEBUG},     {"verbose", CONFIG_LOG_VERBOSE}, {"notice", CONFIG_LOG_NOTICE},
    {"warning", CONFIG_LOG_WARNING}, {"nothing", CONFIG_LOG_NOTHING}, {NULL, 0},
};

static const struct config_name facilities[] = {
    {"user", 0},   {"local0", 1}, {"local1", 2}, {"local2", 3}, {"local3", 4},
    {"local4", 5}, {"local5", 6}, {"local6", 7}, {"local7", 8}, {NULL, 0},
};

const char *config_syslog_facility(const struct config *config)
{
    return facilities[config->log.syslog_facility].name;
}

static const struct config_option options[] = {
    {"loglevel", ENUM(log.level, levels), .initial = "notice", .change = CONFIG_CHANGE_LOG},
    {"logfile", TEXT(log.file), .flags = CONFIG_IMMUTABLE},
    {"syslog-enabled", BOOL(log.syslog_enabled), .initial = "no", .flags = CONFIG_IMMUTABLE},
    {"syslog-ident", TEXT(log.syslog_ident), .initial = "redis", .flags = CONFIG_IMMUTABLE},
    {"syslog-facility", ENUM(log.syslog_facility, facilities), .initial = "local0",
     .flags = CONFIG_IMMUTABLE},
    {"slowlog-log-slower-than", NUMBER(log.slowlog_log_slower_than_us, -1, INT64_MAX),
     .initial = "10000", .change = CONFIG_CHANGE_SLOWLOG},
    {"slowlog-max-len", NUMBER(log.slowlog_max_len, 0, INT64_MAX), .initial = "128",
     .change = CONFIG_CHANGE_SLOWLOG},
    {"latency-monitor-threshold", NUMBER(log.latency_monitor_threshold_ms, 0, INT64_MAX),
     .initial = "0", .change = CONFIG_CHANGE_LATENCY},
    {"latency-tracking", BOOL(log.latency_tracking), .initial = "yes",
     .change = CONFIG_CHANGE_LATENCY},
    {"latency-tracking-info-percentiles", CONFIG_AT(log.latency_percentiles),
     .kind = &config_kind_percentiles, .initial = "50 99 99.9",
     .flags = CONFIG_MULTI | CONFIG_OR_NONE, .change = CONFIG_CHANGE_LATENCY},
};

CONFIG_AREA(log, "Logs, slow commands and latency", options);
