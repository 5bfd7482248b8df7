#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>

void output_write(struct str text)
{
    if (fwrite(text.ptr, 1, text.len, stdout) < text.len) exit(1);
}

void output_flush(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) exit(1);
}
