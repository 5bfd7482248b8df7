/* Builds replies for tests from the bytes a server would send. */
#ifndef SKEIN_TESTS_UNIT_CLI_REPLY_TEXT_H
#define SKEIN_TESTS_UNIT_CLI_REPLY_TEXT_H

#include "proto/reply_parse.h"

/* Fails the test when the bytes are not exactly one reply. */
struct reply_node reply_of(const char *bytes);

#endif
