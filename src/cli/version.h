/* The version the client reports. */
#ifndef SKEIN_CLI_VERSION_H
#define SKEIN_CLI_VERSION_H

#define CLI_VERSION "0.1.0"

#endif
