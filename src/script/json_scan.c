#include "script/json_scan.h"

#include <stdlib.h>
#include <strings.h>

static void fail(struct json_scan *scan, size_t at, const char *error)
{
    scan->token = JSON_ERROR;
    scan->start = at;
    scan->error = error;
}

/* The character `ahead` of the position; NUL at the end and behind it. */
static char peek(const struct json_scan *scan, size_t ahead)
{
    return scan->at + ahead < scan->text.len ? scan->text.ptr[scan->at + ahead] : 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits that begin `ahead` of the position, or -1. */
static int32_t read_unit(const struct json_scan *scan, size_t ahead)
{
    int32_t unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(peek(scan, ahead + i));
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static void append_utf8(struct buf *out, uint32_t point)
{
    if (point < 0x80) {
        buf_append_char(out, (char)point);
        return;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
    buf_append_char(out, (char)(leads[more] | point >> (6 * more)));
    while (more--) buf_append_char(out, (char)(0x80 | (point >> (6 * more) & 0x3F)));
}

/* At the backslash of \uXXXX. Two units may make one character. */
static bool read_unicode(struct json_scan *scan)
{
    enum { UNIT = 6 };
    int32_t unit = read_unit(scan, 2);
    if (unit < 0 || (unit & 0xFC00) == 0xDC00) return false;
    uint32_t point = (uint32_t)unit;
    size_t len = UNIT;
    if ((unit & 0xFC00) == 0xD800) {
        int32_t low = -1;
        if (peek(scan, UNIT) == '\\' && peek(scan, UNIT + 1) == 'u') {
            low = read_unit(scan, UNIT + 2);
        }
        if (low < 0 || (low & 0xFC00) != 0xDC00) return false;
        point = 0x10000 + (((uint32_t)unit & 0x3FF) << 10 | ((uint32_t)low & 0x3FF));
        len = UNIT * 2;
    }
    append_utf8(scan->string, point);
    scan->at += len;
    return true;
}

static bool read_escape(struct json_scan *scan)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char name = peek(scan, 1);
    if (name == 'u') {
        if (read_unicode(scan)) return true;
        fail(scan, scan->at, "invalid unicode escape code");
        return false;
    }
    const char *found = name ? strchr(names, name) : NULL;
    if (found == NULL) {
        fail(scan, scan->at, "invalid escape code");
        return false;
    }
    buf_append_char(scan->string, values[found - names]);
    scan->at += 2;
    return true;
}

static void scan_string(struct json_scan *scan)
{
    scan->token = JSON_STRING;
    buf_clear(scan->string);
    scan->at++;
    for (;;) {
        if (scan->at >= scan->text.len) {
            fail(scan, scan->at, "unexpected end of string");
            return;
        }
        char c = peek(scan, 0);
        if (c == '"') break;
        if (c == '\\') {
            if (!read_escape(scan)) return;
            continue;
        }
        buf_append_char(scan->string, c);
        scan->at++;
    }
    scan->at++;
}

/* Numbers that strtod knows and JSON does not. */
static bool is_foreign_number(const struct json_scan *scan)
{
    size_t at = peek(scan, 0) == '-';
    char first = peek(scan, at), second = char_lower(peek(scan, at + 1));
    if (first == '0') return second == 'x' || (second >= '0' && second <= '9');
    return !(first >= '1' && first <= '9');
}

static void scan_number(struct json_scan *scan)
{
    const char *begin = scan->text.ptr + scan->at;
    char *end;
    if (scan->strict_numbers && is_foreign_number(scan)) {
        fail(scan, scan->at, "invalid number");
        return;
    }
    scan->number = strtod(begin, &end);
    if (end == begin) {
        fail(scan, scan->at, "invalid number");
        return;
    }
    scan->token = JSON_NUMBER;
    scan->at += (size_t)(end - begin);
}

static bool scan_word(struct json_scan *scan, const char *word, enum json_token token)
{
    struct str rest = str_from(scan->text, scan->at);
    if (!str_starts_with(rest, str_from_c(word))) return false;
    scan->token = token;
    scan->at += strlen(word);
    return true;
}

static bool is_named_number(const struct json_scan *scan)
{
    const char *text = scan->text.ptr + scan->at;
    return strncasecmp(text, "inf", 3) == 0 || strncasecmp(text, "nan", 3) == 0;
}

static void scan_literal(struct json_scan *scan)
{
    scan->boolean = peek(scan, 0) == 't';
    if (scan_word(scan, "true", JSON_BOOLEAN) || scan_word(scan, "false", JSON_BOOLEAN)) return;
    if (scan_word(scan, "null", JSON_NULL)) return;
    if (!scan->strict_numbers && is_named_number(scan))
        scan_number(scan);
    else
        fail(scan, scan->at, "invalid token");
}

void json_scan_next(struct json_scan *scan)
{
    static const char marks[] = "{}[]:,";
    static const enum json_token tokens[] = {JSON_OBJECT_BEGIN, JSON_OBJECT_END, JSON_ARRAY_BEGIN,
                                             JSON_ARRAY_END,    JSON_COLON,      JSON_COMMA};
    while (peek(scan, 0) && strchr(" \t\r\n", peek(scan, 0))) scan->at++;
    char c = peek(scan, 0);
    scan->start = scan->at;
    const char *mark = c ? strchr(marks, c) : NULL;
    if (c == 0) {
        scan->token = JSON_END;
    } else if (mark) {
        scan->token = tokens[mark - marks];
        scan->at++;
    } else if (c == '"') {
        scan_string(scan);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        scan_number(scan);
    } else {
        scan_literal(scan);
    }
}

const char *json_scan_found(const struct json_scan *scan)
{
    static const char *const names[] = {
        [JSON_OBJECT_BEGIN] = "T_OBJ_BEGIN",
        [JSON_OBJECT_END] = "T_OBJ_END",
        [JSON_ARRAY_BEGIN] = "T_ARR_BEGIN",
        [JSON_ARRAY_END] = "T_ARR_END",
        [JSON_STRING] = "T_STRING",
        [JSON_NUMBER] = "T_NUMBER",
        [JSON_BOOLEAN] = "T_BOOLEAN",
        [JSON_NULL] = "T_NULL",
        [JSON_COLON] = "T_COLON",
        [JSON_COMMA] = "T_COMMA",
        [JSON_END] = "T_END",
    };
    return scan->token == JSON_ERROR ? scan->error : names[scan->token];
}
