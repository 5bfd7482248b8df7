/* What clients write: a little of everything whose effect on a replica is not just its own
 * words. */
#ifndef SKEIN_SIM_WRITES_H
#define SKEIN_SIM_WRITES_H

#include "sim/client.h"

void write_any(struct sim_client *client);
/* A value of some kilobytes. */
void write_big(struct sim_client *client);

#endif
