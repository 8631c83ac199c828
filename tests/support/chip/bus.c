/* The two-wire interface as a master (datasheet section 22), and partners on the buses. On
 * I2C: at 0x50 a memory of 256 bytes (a write's first byte is where it begins, reads go on from there) and at 0x29 one that
 * takes what it is given. On SPI, which is libsimavr's: each byte comes back, inverted, in place of the next one. `hold`
 * keeps the clock of I2C low, so that no step of it ends. */
#include "chip.h"

#include <simavr/avr_spi.h>

enum { TWBR = 0xB8, TWSR, TWDR = 0xBB, TWINT = 0x80, TWEA = 0x40, TWSTA = 0x20, TWSTO = 0x10, TWEN = 0x04 };
enum { MEMORY = 0x50, SINK = 0x29 };

static avr_irq_t *spi;
static uint8_t last; /* on SPI */

static uint8_t cells[256], place;
static bool begins; /* the next byte is where the memory begins */

static enum { IDLE, STARTED, WRITING, READING, LEFT } phase;
static uint8_t partner;
static bool held;

static uint8_t say_address(uint8_t byte)
{
    partner = byte >> 1;
    begins = true;
    bool there = partner == MEMORY || partner == SINK;
    phase = !there ? LEFT : byte & 1 ? READING : WRITING;
    return byte & 1 ? (there ? 0x40 : 0x48) : (there ? 0x18 : 0x20);
}

static uint8_t say_byte(uint8_t byte)
{
    if (phase == LEFT)
        return 0x30;
    if (begins)
        place = byte;
    else if (partner == MEMORY)
        cells[place++] = byte;
    begins = false;
    return 0x28;
}

/* The step that TWCR asked for is over. */
static avr_cycle_count_t on_step(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)when, (void)param;
    uint8_t control = core->data[TWCR], status;
    if (control & TWSTO) {
        core->data[TWCR] = control & (uint8_t)~TWSTO;
        phase = IDLE;
        return 0;
    }
    if (control & TWSTA) {
        status = phase == IDLE ? 0x08 : 0x10;
        phase = STARTED;
    } else if (phase == STARTED) {
        status = say_address(core->data[TWDR]);
    } else if (phase == READING) {
        core->data[TWDR] = cells[place++];
        status = control & TWEA ? 0x50 : 0x58;
    } else {
        status = say_byte(core->data[TWDR]);
    }
    core->data[TWSR] = (uint8_t)((core->data[TWSR] & 3) | status);
    flag_raise(V_TWI); /* TWINT, which its interrupt does not clear */
    return 0;
}

static void on_control(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    uint8_t flag = value & TWINT ? 0 : core->data[address] & TWINT; /* a 1 clears it */
    core->data[address] = (uint8_t)((value & ~TWINT) | flag);
    avr_cycle_timer_cancel(core, on_step, NULL);
    if (flag)
        flag_raise(V_TWI); /* TWIE may be new */
    else
        flag_clear(V_TWI);
    if (!(value & TWEN))
        phase = IDLE;
    else if ((value & TWINT) && !held)
        avr_cycle_timer_register(core, 9 * (16u + 2u * core->data[TWBR]), on_step, NULL);
}

static void on_spi(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq, (void)param;
    avr_raise_irq(spi + SPI_IRQ_INPUT, last);
    last = (uint8_t)~value;
}

void bus_hold(bool hold)
{
    held = hold;
}

static void reset(void)
{
    phase = IDLE;
}

void bus_start(void)
{
    spi = avr_io_getirq(avr, AVR_IOCTL_SPI_GETIRQ(0), SPI_IRQ_INPUT);
    avr_irq_register_notify(spi + SPI_IRQ_OUTPUT, on_spi, NULL);
    on_write(TWCR, on_control, NULL);
    core_reset_hook(reset);
}
