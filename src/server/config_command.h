/* CONFIG GET, SET, REWRITE and RESETSTAT: the settings, what the server does about changes, and the
 * rows of config_commands[] (families.h). */
#ifndef SKEIN_SERVER_CONFIG_COMMAND_H
#define SKEIN_SERVER_CONFIG_COMMAND_H

#include "server/config_set.h"

struct session;

/* Where the commands find what they work on; see server_config in access.h. All functions get
 * hooks.ctx and may be NULL. */
struct config_service {
    struct config *config;
    struct config_hooks hooks;
    /* The client sits on this machine (protected options). NULL: none does. */
    bool (*is_local)(void *ctx, const struct session *session);
    void (*reset_statistics)(void *ctx);
    /* Before REWRITE: brings fields up to date that live elsewhere, such as ACL users. */
    void (*refresh)(void *ctx);
    /* Replaces the file; config_rewrite_file, or a test's own. */
    bool (*rewrite)(const struct config *config, struct buf *reason);
};

#endif
