/* Standard output, whose reader may go away ("skein-cli --scan | head -1"): the program then ends,
 * since nobody is left to work for. */
#ifndef SKEIN_CLI_OUTPUT_H
#define SKEIN_CLI_OUTPUT_H

#include "base/str.h"

void output_write(struct str text);
/* Hands out what was printed; exits with status 1 when that fails. */
void output_flush(void);

#endif
