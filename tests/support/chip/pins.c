/* Digital pins. A pin that is an input reads what is connected; if nothing is, its pull-up, else 0. (libsimavr lets a
 * write to another pin of the port switch a pulled-up input that is held low.) */
#include "chip.h"

#include <simavr/avr_ioport.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    uint16_t pin_register; /* PINx; DDRx and PORTx follow */
    uint8_t bit;
    char port;
} place_t;

static const place_t places[PINS] = {
    {PIND, 0, 'D'}, {PIND, 1, 'D'}, {PIND, 2, 'D'}, {PIND, 3, 'D'}, {PIND, 4, 'D'}, {PIND, 5, 'D'}, {PIND, 6, 'D'},
    {PIND, 7, 'D'}, {PINB, 0, 'B'}, {PINB, 1, 'B'}, {PINB, 2, 'B'}, {PINB, 3, 'B'}, {PINB, 4, 'B'}, {PINB, 5, 'B'},
    {PINC, 0, 'C'}, {PINC, 1, 'C'}, {PINC, 2, 'C'}, {PINC, 3, 'C'}, {PINC, 4, 'C'}, {PINC, 5, 'C'},
};

static int driven[PINS];                    /* from outside: 0, 1 or -1 */
static struct {
    bool timer;                             /* a timer drives the pin when it is an output */
    uint32_t high, period;
    char shown;                             /* what was traced last: 'z' '0' '1' 'p' */
    uint32_t shown_high, shown_period;
    bool toggled;
} pins[PINS];

/* INT0 and INT1, and the pin change interrupt of their pins, which so are not libsimavr's: it goes on polling a pin that
 * once was low in the level mode, whatever the mode is later. */
static bool is_external(int pin)
{
    return pin == 2 || pin == 3;
}

static uint8_t sense_of(int pin)
{
    return (avr->data[EICRA] >> (2 * (pin - 2))) & 3;
}

static void show_external(int pin, int level)
{
    uint8_t sense = sense_of(pin);
    if (sense == 0)
        flag_level(V_INT0 + pin - 2, level == 0);
    else if (sense == 1 || level == (sense == 3))
        flag_raise(V_INT0 + pin - 2);
    if (avr->data[PCMSK2] & (1 << pin))
        flag_raise(V_PCINT2);
}

static void write_senses(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    bool was_level[2] = {sense_of(2) == 0, sense_of(3) == 0};
    core->data[address] = value;
    for (int pin = 2; pin <= 3; pin++) /* an edge's flag stays, a level's goes with its mode */
        if (was_level[pin - 2] || sense_of(pin) == 0)
            flag_level(V_INT0 + pin - 2, sense_of(pin) == 0 && !(core->data[PIND] & (1 << pin)));
}

static bool bit_of(int pin, int offset)
{
    return avr->data[places[pin].pin_register + offset] & (1 << places[pin].bit);
}

static void show(int pin)
{
    bool output = bit_of(pin, 1), port = bit_of(pin, 2);
    char kind = !output ? 'z' : pins[pin].timer ? (pins[pin].period ? 'p' : (pins[pin].toggled ? '1' : '0')) : port ? '1' : '0';
    uint32_t high = kind == 'p' ? pins[pin].high : 0, period = kind == 'p' ? pins[pin].period : 0;
    if (kind != pins[pin].shown || high != pins[pin].shown_high || period != pins[pin].shown_period) {
        pins[pin].shown = kind;
        pins[pin].shown_high = high;
        pins[pin].shown_period = period;
        trace((uint8_t)pin, kind, high, period);
    }
    int level = output ? port : driven[pin] >= 0 ? driven[pin] : port;
    uint8_t *inputs = &avr->data[places[pin].pin_register];
    bool changes = ((*inputs >> places[pin].bit) & 1) != level;
    if (changes && !is_external(pin))
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(places[pin].port), places[pin].bit), (uint32_t)level);
    *inputs = (uint8_t)((*inputs & ~(1 << places[pin].bit)) | (level << places[pin].bit));
    if (changes && is_external(pin))
        show_external(pin, level);
}

static void show_port(uint16_t pin_register)
{
    for (int pin = 0; pin < PINS; pin++)
        if (places[pin].pin_register == pin_register)
            show(pin);
}

static void write_port(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    core->data[address] = value;
    show_port((uint16_t)(intptr_t)param);
}

static void write_pin(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    core->data[address + 2] ^= written_bits(value);
    show_port((uint16_t)(intptr_t)param);
}

void pins_drive(int pin, int level)
{
    driven[pin] = level;
    show(pin);
}

void pins_pwm(int pin, bool on, uint32_t high, uint32_t period)
{
    pins[pin].timer = on;
    pins[pin].high = high;
    pins[pin].period = period;
    show(pin);
}

void pins_toggle(int pin)
{
    pins[pin].toggled = !pins[pin].toggled;
    show(pin);
}

int pins_number(const char *name)
{
    int number = -1;
    if (sscanf(name, "A%d", &number) == 1)
        number = number >= 0 && number < 6 ? 14 + number : -1;
    else if (sscanf(name, "D%d", &number) != 1 && sscanf(name, "%d", &number) != 1)
        return -1;
    return number >= 0 && number < PINS ? number : -1;
}

static void reset(void)
{
    for (int pin = 0; pin < PINS; pin++) {
        pins[pin].timer = pins[pin].toggled = false;
        show(pin);
    }
}

void pins_start(void)
{
    static const uint16_t ports[] = {PINB, PINC, PIND};
    for (int pin = 0; pin < PINS; pin++) {
        driven[pin] = -1;
        pins[pin].shown = 'z';
    }
    for (int i = 0; i < 3; i++) {
        void *port = (void *)(intptr_t)ports[i];
        on_write(ports[i], write_pin, port);
        on_write((uint16_t)(ports[i] + 1), write_port, port);
        on_write((uint16_t)(ports[i] + 2), write_port, port);
    }
    on_write(EICRA, write_senses, NULL);
    core_reset_hook(reset);
}
