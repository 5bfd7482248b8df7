/* The version of Redis whose commands, options and replies are here: what clients and scripts are
 * told when they ask what they may use. Nothing decides by it. */
#ifndef SKEIN_BASE_COMPAT_H
#define SKEIN_BASE_COMPAT_H

#define COMPAT_REDIS_VERSION        "7.2.4"
#define COMPAT_REDIS_VERSION_NUMBER 0x00070204

#endif
