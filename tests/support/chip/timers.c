/* The three timers: every waveform mode of the datasheet, compare and overflow flags, double-buffered OCR in PWM modes,
 * the shared TEMP byte of the 16-bit timer, PWM as duty events and toggled compare outputs as edges. Not modelled:
 * external clocks, input capture, the phase of the prescaler that timers 0 and 1 share, asynchronous mode. */
#include "chip.h"

typedef enum { NORMAL, CTC, FAST, PHASE } slope_t;
enum { TOP_MAX, TOP_OCRA, TOP_ICR, TOP_8, TOP_9, TOP_10 };

typedef struct {
    slope_t slope;
    uint8_t top;
} mode_t;

static const mode_t modes_8bit[8] = {
    {NORMAL, TOP_MAX}, {PHASE, TOP_8}, {CTC, TOP_OCRA}, {FAST, TOP_8},
    {NORMAL, TOP_MAX}, {PHASE, TOP_OCRA}, {NORMAL, TOP_MAX}, {FAST, TOP_OCRA},
};
static const mode_t modes_16bit[16] = {
    {NORMAL, TOP_MAX}, {PHASE, TOP_8}, {PHASE, TOP_9}, {PHASE, TOP_10}, {CTC, TOP_OCRA}, {FAST, TOP_8},
    {FAST, TOP_9}, {FAST, TOP_10}, {PHASE, TOP_ICR}, {PHASE, TOP_OCRA}, {PHASE, TOP_ICR}, {PHASE, TOP_OCRA},
    {CTC, TOP_ICR}, {NORMAL, TOP_MAX}, {FAST, TOP_ICR}, {FAST, TOP_OCRA},
};
static const uint16_t prescalers[8] = {0, 1, 8, 64, 256, 1024, 0, 0};
static const uint16_t prescalers_t2[8] = {0, 1, 8, 32, 64, 128, 256, 1024};

typedef struct {
    const uint16_t *prescalers;
    uint16_t control_a, control_b, count_low, compare_low[2];
    uint32_t max;
    uint8_t overflow, compare[2], capture; /* vectors */
    uint8_t pin[2];
    int8_t trigger_overflow, trigger_compare_a, trigger_compare_b; /* ADTS of these flags; -1: none */

    mode_t mode;
    uint32_t divider, top;                 /* divider 0: stopped */
    uint32_t ocr[2], ocr_written[2], icr;
    uint64_t base;                         /* the cycle at which this period's position 0 was, or would have been */
    uint32_t held;                         /* the position while stopped */
    uint64_t done;                         /* events up to here have been raised */
    bool beyond;                           /* the counter is past TOP and runs on to MAX */
} unit_t;

static unit_t timers[3] = {
    {.prescalers = prescalers, .control_a = TCCR0A, .control_b = TCCR0B, .count_low = TCNT0, .compare_low = {OCR0A, OCR0B},
     .max = 0xFF, .overflow = V_T0_OVF, .compare = {V_T0_COMPA, V_T0_COMPB}, .pin = {6, 5},
     .trigger_overflow = 4, .trigger_compare_a = 3, .trigger_compare_b = -1},
    {.prescalers = prescalers, .control_a = TCCR1A, .control_b = TCCR1B, .count_low = TCNT1L,
     .compare_low = {OCR1AL, OCR1BL}, .max = 0xFFFF, .overflow = V_T1_OVF, .compare = {V_T1_COMPA, V_T1_COMPB},
     .capture = V_T1_CAPT, .pin = {9, 10}, .trigger_overflow = 6, .trigger_compare_a = -1, .trigger_compare_b = 5},
    {.prescalers = prescalers_t2, .control_a = TCCR2A, .control_b = TCCR2B, .count_low = TCNT2,
     .compare_low = {OCR2A, OCR2B}, .max = 0xFF, .overflow = V_T2_OVF, .compare = {V_T2_COMPA, V_T2_COMPB}, .pin = {11, 3},
     .trigger_overflow = -1, .trigger_compare_a = -1, .trigger_compare_b = -1},
};
static uint8_t temp; /* the byte through which 16-bit registers are read and written */

static bool is_pwm(const unit_t *t)
{
    return t->mode.slope == FAST || t->mode.slope == PHASE;
}

static uint32_t length(const unit_t *t) /* of one period, in timer clocks */
{
    if (t->mode.slope == PHASE)
        return t->top ? 2 * t->top : 1;
    return (t->beyond ? t->max : t->top) + 1;
}

static uint32_t position(const unit_t *t)
{
    return t->divider ? (uint32_t)((avr->cycle - t->base) / t->divider) : t->held;
}

static uint32_t count(const unit_t *t)
{
    uint32_t at = position(t);
    if (t->mode.slope == PHASE)
        return at <= t->top ? at : at >= 2 * t->top ? 0 : 2 * t->top - at;
    return at & t->max;
}

static void find_top(unit_t *t)
{
    static const uint32_t fixed[] = {[TOP_8] = 0xFF, [TOP_9] = 0x1FF, [TOP_10] = 0x3FF};
    switch (t->mode.top) {
    case TOP_MAX: t->top = t->max; break;
    case TOP_OCRA: t->top = t->ocr[0]; break;
    case TOP_ICR: t->top = t->icr; break;
    default: t->top = fixed[t->mode.top];
    }
}

/* The position, from 0 on, at which compare unit `unit` sets its flag (one clock after the match), or two of them while
 * counting up and down. */
static int matches(const unit_t *t, int unit, uint32_t at[2])
{
    uint32_t compare = t->ocr[unit];
    if (compare > t->top && !t->beyond)
        return 0;
    at[0] = compare + 1;
    if (t->mode.slope != PHASE || compare == 0 || compare == t->top)
        return 1;
    at[1] = 2 * t->top - compare + 1;
    return 2;
}

static void show_outputs(unit_t *t)
{
    for (int unit = 0; unit < 2; unit++) {
        uint8_t output_mode = (avr->data[t->control_a] >> (unit == 0 ? 6 : 4)) & 3;
        uint32_t period = t->mode.slope == PHASE ? t->top : t->top + 1;
        uint32_t high = t->mode.slope == PHASE ? t->ocr[unit] : t->ocr[unit] + 1;
        if (high > period)
            high = period;
        if (output_mode == 3)
            high = period - high;
        if (is_pwm(t) && output_mode >= 2)
            pins_pwm(t->pin[unit], t->divider != 0, high, period);
        else
            pins_pwm(t->pin[unit], output_mode == 1 && (!is_pwm(t) || unit == 0), 0, 0);
    }
}

static void raise_and_trigger(int vector, int trigger)
{
    bool rises = !flag_is_set(vector);
    flag_raise(vector);
    if (rises && trigger >= 0)
        adc_trigger(trigger);
}

static avr_cycle_count_t on_event(avr_t *core, avr_cycle_count_t when, void *param);

static uint64_t next_event(const unit_t *t)
{
    uint64_t best = t->base + (uint64_t)length(t) * t->divider;
    for (int unit = 0; unit < 2; unit++) {
        uint32_t at[2];
        int found = matches(t, unit, at);
        for (int i = 0; i < found; i++) {
            uint64_t cycle = t->base + (uint64_t)at[i] * t->divider;
            if (cycle > t->done && cycle < best)
                best = cycle;
        }
    }
    return best;
}

static void schedule(unit_t *t)
{
    avr_cycle_timer_cancel(avr, on_event, t);
    if (!t->divider)
        return;
    uint64_t next = next_event(t);
    avr_cycle_timer_register(avr, next > avr->cycle ? next - avr->cycle : 1, on_event, t);
}

static void wrap(unit_t *t, uint64_t when)
{
    bool overflows = t->mode.slope != CTC || t->beyond || t->top == t->max;
    t->base = when;
    t->beyond = false;
    if (is_pwm(t)) {
        bool changed = t->ocr[0] != t->ocr_written[0] || t->ocr[1] != t->ocr_written[1];
        t->ocr[0] = t->ocr_written[0];
        t->ocr[1] = t->ocr_written[1];
        find_top(t);
        if (changed)
            show_outputs(t);
    }
    if (t->mode.top == TOP_ICR && t->capture)
        flag_raise(t->capture);
    if (overflows)
        raise_and_trigger(t->overflow, t->trigger_overflow);
}

static avr_cycle_count_t on_event(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)core;
    unit_t *t = param;
    for (int unit = 0; unit < 2; unit++) {
        uint32_t at[2];
        int found = matches(t, unit, at);
        for (int i = 0; i < found; i++) {
            if (t->base + (uint64_t)at[i] * t->divider != when)
                continue;
            raise_and_trigger(t->compare[unit], unit == 0 ? t->trigger_compare_a : t->trigger_compare_b);
            if (((avr->data[t->control_a] >> (unit == 0 ? 6 : 4)) & 3) == 1)
                pins_toggle(t->pin[unit]);
        }
    }
    t->done = when;
    if (when == t->base + (uint64_t)length(t) * t->divider)
        wrap(t, when);
    return next_event(t);
}

/* After any change of a register: what TOP is now, and when something happens next. */
static void settle(unit_t *t)
{
    find_top(t);
    t->beyond = t->mode.slope != PHASE && position(t) > t->top;
    t->done = avr->cycle;
    show_outputs(t);
    schedule(t);
}

static void configure(unit_t *t)
{
    uint32_t at = position(t), old_divider = t->divider;
    uint8_t a = avr->data[t->control_a], b = avr->data[t->control_b];
    t->mode = t->max == 0xFF ? modes_8bit[(a & 3) | ((b >> 1) & 4)] : modes_16bit[(a & 3) | ((b >> 1) & 0x0C)];
    t->divider = t->prescalers[b & 7];
    if (!is_pwm(t)) {
        t->ocr[0] = t->ocr_written[0];
        t->ocr[1] = t->ocr_written[1];
    }
    t->held = at;
    if (t->divider != old_divider)
        t->base = avr->cycle - (uint64_t)at * t->divider;
    settle(t);
}

static void write_control(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    unit_t *t = param;
    uint8_t old = core->data[address];
    core->data[address] = value;
    if (old != value)
        configure(t);
}

/* Compare values and TOP in use: at once in the modes that do not buffer, else from the next period on. */
static void changed(unit_t *t)
{
    if (!is_pwm(t) || !t->divider) {
        t->ocr[0] = t->ocr_written[0];
        t->ocr[1] = t->ocr_written[1];
    }
    settle(t);
}

static void write_compare(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    unit_t *t = param;
    core->data[address] = value;
    if (t->max == 0xFFFF)
        core->data[address + 1] = temp;
    int unit = address == t->compare_low[1];
    t->ocr_written[unit] = value | (t->max == 0xFFFF ? (uint32_t)temp << 8 : 0);
    changed(t);
}

static void write_top(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    unit_t *t = param;
    core->data[address] = value;
    core->data[address + 1] = temp;
    t->icr = value | (uint32_t)temp << 8;
    changed(t);
}

static void write_count(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)core, (void)address;
    unit_t *t = param;
    uint32_t at = value | (t->max == 0xFFFF ? (uint32_t)temp << 8 : 0);
    t->held = at;
    t->base = avr->cycle - (uint64_t)at * t->divider;
    settle(t);
}

static uint8_t read_count(avr_t *core, avr_io_addr_t address, void *param)
{
    (void)core, (void)address;
    uint32_t value = count(param);
    temp = (uint8_t)(value >> 8);
    return (uint8_t)value;
}

static void write_temp(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)core, (void)address, (void)param;
    temp = value;
}

static uint8_t read_temp(avr_t *core, avr_io_addr_t address, void *param)
{
    (void)core, (void)address, (void)param;
    return temp;
}

static void reset(void)
{
    for (int i = 0; i < 3; i++) {
        unit_t *t = &timers[i];
        t->divider = 0;
        t->held = 0;
        t->beyond = false;
        t->icr = t->ocr[0] = t->ocr[1] = t->ocr_written[0] = t->ocr_written[1] = 0;
        t->mode = (mode_t){NORMAL, TOP_MAX};
        find_top(t);
    }
}

void timers_start(void)
{
    for (int i = 0; i < 3; i++) {
        unit_t *t = &timers[i];
        on_write(t->control_a, write_control, t);
        on_write(t->control_b, write_control, t);
        on_write(t->count_low, write_count, t);
        on_read(t->count_low, read_count, t);
        on_write(t->compare_low[0], write_compare, t);
        on_write(t->compare_low[1], write_compare, t);
    }
    on_write(ICR1L, write_top, &timers[1]);
    static const uint16_t high_bytes[] = {TCNT1H, ICR1H, OCR1AH, OCR1BH};
    for (int i = 0; i < 4; i++)
        on_write(high_bytes[i], write_temp, NULL);
    on_read(TCNT1H, read_temp, NULL);
    core_reset_hook(reset);
}
