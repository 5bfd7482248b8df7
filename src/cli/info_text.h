/* Picks fields out of the text of INFO. Pure. */
#ifndef SKEIN_CLI_INFO_TEXT_H
#define SKEIN_CLI_INFO_TEXT_H

#include "base/str.h"

/* The value of "name:value"; empty when there is none. */
struct str info_text_field(struct str info, const char *name);
/* The same as a number; 0 when absent or no number. */
int64_t info_text_number(struct str info, const char *name);
/* All keys of all databases. */
int64_t info_text_key_count(struct str info);

#endif
