#include "server/config_kind.h"

/* A file that changed behind an unchanged name must be read again, hence volatile. */
enum { TLS_FILE = CONFIG_VOLATILE, TLS_SECRET = CONFIG_VOLATILE | CONFIG_SECRET };

static const struct config_name auth_clients[] = {
    {"no", CONFIG_TLS_AUTH_NO},
    {"yes", CONFIG_TLS_AUTH_YES},
    {"optional", CONFIG_TLS_AUTH_OPTIONAL},
    {NULL, 0},
};

static const struct config_name verify_name[] = {
    {"no", CONFIG_TLS_NAME_NO},
    {"auto", CONFIG_TLS_NAME_AUTO},
    {"yes", CONFIG_TLS_NAME_YES},
    {NULL, 0},
};

static const struct config_option options[] = {
    {"tls-port", PORT(tls.port), .initial = "0", .change = CONFIG_CHANGE_TLS},
    {"tls-cert-file", TEXT(tls.cert_file), .flags = TLS_FILE, .change = CONFIG_CHANGE_TLS},
    {"tls-key-file", TEXT(tls.key_file), .flags = TLS_FILE, .change = CONFIG_CHANGE_TLS},
    {"tls-key-file-pass", TEXT(tls.key_file_pass), .flags = TLS_SECRET,
     .change = CONFIG_CHANGE_TLS},
    {"tls-client-cert-file", TEXT(tls.client_cert_file), .flags = TLS_FILE,
     .change = CONFIG_CHANGE_TLS},
    {"tls-client-key-file", TEXT(tls.client_key_file), .flags = TLS_FILE,
     .change = CONFIG_CHANGE_TLS},
    {"tls-client-key-file-pass", TEXT(tls.client_key_file_pass), .flags = TLS_SECRET,
     .change = CONFIG_CHANGE_TLS},
    {"tls-dh-params-file", TEXT(tls.dh_params_file), .flags = TLS_FILE,
     .change = CONFIG_CHANGE_TLS},
    {"tls-ca-cert-file", TEXT(tls.ca_cert_file), .flags = TLS_FILE, .change = CONFIG_CHANGE_TLS},
    {"tls-ca-cert-dir", TEXT(tls.ca_cert_dir), .flags = TLS_FILE, .change = CONFIG_CHANGE_TLS},
    {"tls-auth-clients", ENUM(tls.auth_clients, auth_clients), .initial = "yes",
     .change = CONFIG_CHANGE_TLS},
    {"tls-replication", BOOL(tls.replication), .initial = "no", .change = CONFIG_CHANGE_TLS},
    {"tls-replication-verify-name", ENUM(tls.replication_verify_name, verify_name),
     .initial = "auto"},
    {"tls-replication-name", TEXT(tls.replication_name)},
    {"tls-cluster", BOOL(tls.cluster), .initial = "no", .not_yet = "there is no cluster mode"},
    {"tls-protocols", TEXT(tls.protocols), .change = CONFIG_CHANGE_TLS},
    {"tls-ciphers", TEXT(tls.ciphers), .change = CONFIG_CHANGE_TLS},
    {"tls-ciphersuites", TEXT(tls.ciphersuites), .change = CONFIG_CHANGE_TLS},
    {"tls-prefer-server-ciphers", BOOL(tls.prefer_server_ciphers), .initial = "no",
     .change = CONFIG_CHANGE_TLS},
    {"tls-session-caching", BOOL(tls.session_caching), .initial = "yes",
     .change = CONFIG_CHANGE_TLS},
    {"tls-session-cache-size", NUMBER(tls.session_cache_size, 0, INT_MAX), .initial = "20480",
     .change = CONFIG_CHANGE_TLS},
    {"tls-session-cache-timeout", NUMBER(tls.session_cache_timeout_s, 0, INT_MAX), .initial = "300",
     .change = CONFIG_CHANGE_TLS},
};

CONFIG_AREA(tls, "TLS", options);
