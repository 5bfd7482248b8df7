#include "unit/cli/reply_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct reply_node reply_of(const char *bytes)
{
    struct reply_parser parser = {0};
    struct reply_node node = {0};
    struct str rest = str_from_c(bytes);
    assert_int_equal(reply_parser_step(&parser, &rest), REPLY_READY);
    assert_int_equal(rest.len, 0);
    reply_parser_take(&parser, &node);
    reply_parser_deinit(&parser);
    return node;
}
