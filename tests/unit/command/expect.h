/* Short forms for tests that are conversations. */
#ifndef SKEIN_TESTS_COMMAND_EXPECT_H
#define SKEIN_TESTS_COMMAND_EXPECT_H

#include "harness.h"

#define EXPECT(h, request, reply_) assert_string_equal(harness_run((h), (request)), (reply_))
#define EXPECT_EVENTS(h, events_)  assert_string_equal(buf_c(&(h)->events), (events_))
/* Effects as RESP. */
#define EXPECT_EFFECTS(h, effects_) assert_string_equal(buf_c(&(h)->effects), (effects_))

#define OK         "+OK\r\n"
#define NIL        "$-1\r\n"
#define NUM(n)     ":" #n "\r\n"
#define ERR(text_) "-ERR " text_ "\r\n"

#endif
