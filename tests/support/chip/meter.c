/* How long interrupts are off (SREG's I is 0): the longest run of cycles by the place where it began. A run begins
 * when I goes from 1 to 0, so what a reset does before its first SEI is none; an interrupt's begins at its vector. */
#include "chip.h"

#include <string.h>

#define PLACES 16384 /* words of flash */

static struct {
    uint32_t cycles; /* 0: no run began here */
    uint32_t ended;  /* where that run ended */
} longest[PLACES];

static bool is_on, is_off; /* the meter; interrupts, within a run */
static uint32_t began_at;
static uint64_t began;
bool meter_runs;

void meter_start(void)
{
    memset(longest, 0, sizeof longest);
    meter_runs = true;
    is_on = is_off = false;
    avr->run_cycle_limit = 1; /* one instruction at a time */
}

void meter_look(void)
{
    if (avr->sreg[S_I]) {
        uint32_t cycles = (uint32_t)(avr->cycle - began);
        if (is_off && cycles > longest[began_at].cycles) {
            longest[began_at].cycles = cycles;
            longest[began_at].ended = avr->pc;
        }
        is_on = true;
        is_off = false;
    } else if (is_on && !is_off) {
        is_off = true;
        began = avr->cycle;
        began_at = avr->pc / 2 % PLACES;
    }
}

void meter_reset(void)
{
    is_on = is_off = false;
}

void meter_say(FILE *to)
{
    for (uint32_t place = 0; place < PLACES; place++)
        if (longest[place].cycles)
            fprintf(to, " %u:%u:%u", 2 * place, longest[place].cycles, longest[place].ended);
}
