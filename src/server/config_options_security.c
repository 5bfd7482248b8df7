#include "server/config_kind.h"

static const struct config_name allow[] = {
    {"no", CONFIG_ALLOW_NO},
    {"yes", CONFIG_ALLOW_YES},
    {"local", CONFIG_ALLOW_LOCAL},
    {NULL, 0},
};

static const struct config_name pubsub_default[] = {
    {"allchannels", CONFIG_PUBSUB_ALLCHANNELS},
    {"resetchannels", CONFIG_PUBSUB_RESETCHANNELS},
    {NULL, 0},
};

static const struct config_option options[] = {
    {"requirepass", BYTES(security.requirepass), .flags = CONFIG_SECRET,
     .change = CONFIG_CHANGE_PASSWORD},
    {"aclfile", TEXT(security.aclfile), .flags = CONFIG_IMMUTABLE},
    {"user", CONFIG_AT(security.users), .kind = &config_kind_users,
     .flags = CONFIG_MULTI | CONFIG_ADDS_UP | CONFIG_FILE_ONLY | CONFIG_SECRET},
    {"acllog-max-len", NUMBER(security.acllog_max_len, 0, INT64_MAX), .initial = "128",
     .change = CONFIG_CHANGE_ACL_LOG},
    {"acl-pubsub-default", ENUM(security.acl_pubsub_default, pubsub_default),
     .initial = "resetchannels"},
    {"enable-protected-configs", ENUM(security.enable_protected_configs, allow), .initial = "no",
     .flags = CONFIG_IMMUTABLE},
    {"enable-debug-command", ENUM(security.enable_debug_command, allow), .initial = "no",
     .flags = CONFIG_IMMUTABLE},
    {"enable-module-command", ENUM(security.enable_module_command, allow), .initial = "no",
     .flags = CONFIG_IMMUTABLE},
    {"rename-command", CONFIG_AT(security.renames), .kind = &config_kind_renames,
     .flags = CONFIG_MULTI | CONFIG_ADDS_UP | CONFIG_FILE_ONLY},
    {"loadmodule", .kind = &config_kind_refused, .flags = CONFIG_MULTI | CONFIG_FILE_ONLY,
     .not_yet = "Skein does not load modules"},
};

CONFIG_AREA(security, "Security", options);
