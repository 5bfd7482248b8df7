/* Words of a JSON text for the decoder: punctuation, literals, numbers, strings with their escapes
 * resolved. */
#ifndef SKEIN_SCRIPT_JSON_SCAN_H
#define SKEIN_SCRIPT_JSON_SCAN_H

#include "base/buf.h"

enum json_token {
    JSON_OBJECT_BEGIN,
    JSON_OBJECT_END,
    JSON_ARRAY_BEGIN,
    JSON_ARRAY_END,
    JSON_STRING,
    JSON_NUMBER,
    JSON_BOOLEAN,
    JSON_NULL,
    JSON_COLON,
    JSON_COMMA,
    JSON_END,
    JSON_ERROR,
};

struct json_scan {
    struct str text; /* with a NUL behind it */
    size_t at;
    bool strict_numbers;
    /* The current token. */
    enum json_token token;
    size_t start;
    double number;
    bool boolean;
    struct buf *string;
    const char *error;
};

void json_scan_next(struct json_scan *scan);
/* What the current token is called in error messages. */
const char *json_scan_found(const struct json_scan *scan);

#endif
