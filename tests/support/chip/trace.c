/* The last events, in a ring: enough for seconds of a fast output, bounded for a long soak. */
#include "chip.h"

#define EVENTS (1u << 18)

static event_t events[EVENTS];
static uint64_t next;

void trace(uint8_t pin, char kind, uint32_t high, uint32_t period)
{
    events[next++ % EVENTS] = (event_t){avr->cycle, high, period, pin, kind};
}

uint64_t trace_first(void)
{
    return next > EVENTS ? next - EVENTS : 0;
}

uint64_t trace_next(void)
{
    return next;
}

const event_t *trace_at(uint64_t number)
{
    return &events[number % EVENTS];
}
