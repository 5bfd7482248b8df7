#include "cli/units.h"

#include <stdio.h>

const char *units_bytes(char *out, double bytes)
{
    static const char letters[] = "BKMGTP";
    const char *letter = letters;
    double amount = bytes < 0 ? -bytes : bytes;
    while (amount >= 1024 && letter[1]) amount /= 1024, letter++;
    snprintf(out, UNITS_MAX, "%s%.*f%c", bytes < 0 ? "-" : "", letter == letters ? 0 : 2, amount,
             *letter);
    return out;
}
