/* FUNCTION DUMP and FUNCTION RESTORE: all libraries as bytes, in the form of RDB files with the
 * version and the checksum of DUMP behind them. */
#ifndef SKEIN_SCRIPT_FUNCTION_DUMP_H
#define SKEIN_SCRIPT_FUNCTION_DUMP_H

#include "command/call.h"

void function_dump(struct call *call);
void function_restore(struct call *call);

#endif
