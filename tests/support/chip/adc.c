/* The ADC as the datasheet has it: a conversion begins at an edge of the ADC's own clock, latches channel and reference
 * there, samples 1.5 (first: 13.5, triggered: 2) of its clocks later and takes 13 (first: 25, triggered: 13.5). In free
 * running mode the next one begins at once, with the channel that ADMUX names then. */
#include "chip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ADEN = 0x80, ADSC = 0x40, ADATE = 0x20, ADIF = 0x10, ADLAR = 0x20 };

typedef struct {
    enum { CONSTANT, RAMP, SINE } kind;
    double low, high; /* mV; of a sine: middle and amplitude */
    double period;    /* cycles */
} signal_t;

static signal_t signals[8];

static struct {
    enum { IDLE, STARTING, SAMPLING, CONVERTING } state;
    bool first, triggered, locked;
    uint8_t mux;
    uint16_t result;
    uint64_t clock_base; /* when the prescaler began to count */
} a;

static uint32_t divider(void)
{
    uint32_t bits = avr->data[ADCSRA] & 7u;
    return bits ? 1u << bits : 2u;
}

static double millivolts(int channel, uint64_t cycle)
{
    if (channel == 14)
        return 1100;
    if (channel == 8)
        return 314; /* the temperature sensor, near 25 °C */
    if (channel > 8)
        return 0;
    const signal_t *s = &signals[channel];
    double turn = s->period > 0 ? fmod((double)cycle, s->period) / s->period : 0;
    switch (s->kind) {
    case RAMP:
        return s->low + (s->high - s->low) * turn;
    case SINE:
        return s->low + s->high * sin(2 * M_PI * turn);
    default:
        return s->low;
    }
}

static uint16_t convert(uint64_t cycle)
{
    static const double references[] = {5000, 5000, 5000, 1100};
    double counts = floor(millivolts(a.mux & 0x0F, cycle) * 1024 / references[a.mux >> 6]);
    return counts < 0 ? 0 : counts > 1023 ? 1023 : (uint16_t)counts;
}

static avr_cycle_count_t advance(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)param;
    uint32_t clock = divider();
    switch (a.state) {
    case STARTING:
        a.mux = core->data[ADMUX];
        a.state = SAMPLING;
        return when + (a.first ? clock * 27 / 2 : a.triggered ? clock * 2 : clock * 3 / 2);
    case SAMPLING:
        a.result = convert(when);
        a.state = CONVERTING;
        return when + (a.triggered && !a.first ? clock * 23 / 2 : clock * 23 / 2);
    default:
        break;
    }
    a.first = false;
    if (!a.locked) {
        uint16_t value = core->data[ADMUX] & ADLAR ? (uint16_t)(a.result << 6) : a.result;
        core->data[ADCL] = (uint8_t)value;
        core->data[ADCH] = (uint8_t)(value >> 8);
    }
    flag_raise(V_ADC);
    if ((core->data[ADCSRA] & ADATE) && (core->data[ADCSRB] & 7) == 0) {
        a.state = STARTING;
        a.triggered = false;
        avr_cycle_count_t next = advance(core, when, NULL); /* begins with this very clock edge */
        return next;
    }
    core->data[ADCSRA] &= (uint8_t)~ADSC;
    a.state = IDLE;
    return 0;
}

static void begin(bool triggered)
{
    uint32_t clock = divider();
    a.state = STARTING;
    a.triggered = triggered;
    avr->data[ADCSRA] |= ADSC;
    uint64_t wait;
    if (triggered) {
        a.clock_base = avr->cycle; /* a trigger resets the prescaler; three cycles go into synchronisation */
        wait = 3;
    } else {
        wait = clock - (avr->cycle - a.clock_base) % clock;
    }
    avr_cycle_timer_register(avr, wait, advance, NULL);
}

void adc_trigger(int source)
{
    uint8_t control = avr->data[ADCSRA];
    if ((control & ADEN) && (control & ADATE) && (avr->data[ADCSRB] & 7) == source && a.state == IDLE)
        begin(true);
}

static void write_control(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    uint8_t old = core->data[address];
    core->data[address] = (value & (uint8_t)~(ADSC | ADIF)) | (old & (ADSC | ADIF));
    if (value & ADIF)
        flag_clear(V_ADC);
    else if (flag_is_set(V_ADC))
        flag_raise(V_ADC);
    if (!(value & ADEN)) {
        avr_cycle_timer_cancel(core, advance, NULL);
        core->data[address] &= (uint8_t)~ADSC;
        a.state = IDLE;
        return;
    }
    if (!(old & ADEN)) {
        a.first = true;
        a.clock_base = core->cycle;
    }
    if ((value & ADSC) && a.state == IDLE)
        begin(false);
}

static uint8_t read_low(avr_t *core, avr_io_addr_t address, void *param)
{
    (void)param;
    a.locked = true;
    return core->data[address];
}

static uint8_t read_high(avr_t *core, avr_io_addr_t address, void *param)
{
    (void)param;
    a.locked = false;
    return core->data[address];
}

static void reset(void)
{
    memset(&a, 0, sizeof a);
}

bool adc_signal(int channel, const char *words)
{
    signal_t s = {0};
    double period_us = 0;
    if (sscanf(words, "ramp %lf %lf %lf", &s.low, &s.high, &period_us) == 3)
        s.kind = RAMP;
    else if (sscanf(words, "sine %lf %lf %lf", &s.low, &s.high, &period_us) == 3)
        s.kind = SINE;
    else if (sscanf(words, "%lf", &s.low) != 1)
        return false;
    s.period = period_us * (CLOCK_HZ / 1e6);
    if (channel < 0 || channel > 7)
        return false;
    signals[channel] = s;
    return true;
}

void adc_start(void)
{
    on_write(ADCSRA, write_control, NULL);
    on_write(ADCSRB, NULL, NULL);
    on_write(ADMUX, NULL, NULL);
    on_read(ADCL, read_low, NULL);
    on_read(ADCH, read_high, NULL);
    core_reset_hook(reset);
}
