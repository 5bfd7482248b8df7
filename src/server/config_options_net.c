#include "server/config_kind.h"

static const struct config_option options[] = {
    {"bind", WORDS(net.bind), .initial = "* -::*", .flags = CONFIG_MULTI | CONFIG_OR_NONE,
     .change = CONFIG_CHANGE_LISTEN},
    {"port", PORT(net.port), .initial = "6379", .change = CONFIG_CHANGE_LISTEN},
    {"tcp-backlog", NUMBER(net.tcp_backlog, 0, INT_MAX), .initial = "511",
     .flags = CONFIG_IMMUTABLE},
    {"tcp-keepalive", NUMBER(net.tcp_keepalive_s, 0, INT_MAX), .initial = "300"},
    {"timeout", NUMBER(clients.timeout_s, 0, INT_MAX), .initial = "0"},
    {"protected-mode", BOOL(net.protected_mode), .initial = "yes"},
    {"unixsocket", TEXT(net.unixsocket), .flags = CONFIG_IMMUTABLE},
    {"unixsocketperm", OCTAL(net.unixsocketperm, 0, 0777), .initial = "0",
     .flags = CONFIG_IMMUTABLE},
    {"bind-source-addr", TEXT(net.bind_source_addr)},
    {"socket-mark-id", NUMBER(net.socket_mark_id, 0, UINT_MAX), .initial = "0",
     .flags = CONFIG_IMMUTABLE, .not_yet = "sockets are not marked"},
    {"io-threads", NUMBER(net.io_threads, 1, 128), .initial = "1", .flags = CONFIG_IMMUTABLE,
     .not_yet = "one thread reads, executes and writes"},
    {"io-threads-do-reads", BOOL(net.io_threads_do_reads), .initial = "no",
     .flags = CONFIG_IMMUTABLE, .not_yet = "one thread reads, executes and writes"},
};

CONFIG_AREA(net, "Network", options);
