/* The EEPROM as the datasheet has it: EEPE must follow EEMPE within four cycles, stays set for the 3.4 ms of a write,
 * and its ready interrupt is a level. It outlives resets, and the process if it has a file. */
#include "chip.h"

#include <stdio.h>
#include <string.h>

enum { EERIE = 0x08, EEMPE = 0x04, EEPE = 0x02, EERE = 0x01, EEPM = 0x30 };
#define WRITE_CYCLES (CLOCK_HZ / 10000 * 34)

uint8_t eeprom[EEPROM_BYTES];
static const char *file_path;
static uint64_t writing_until;

static uint16_t address_of(avr_t *core)
{
    return (uint16_t)((core->data[EEARL] | core->data[EEARH] << 8) % EEPROM_BYTES);
}

static avr_cycle_count_t on_master_over(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)when, (void)param;
    core->data[EECR] &= (uint8_t)~EEMPE;
    return 0;
}

static avr_cycle_count_t on_written(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)when, (void)param;
    core->data[EECR] &= (uint8_t)~EEPE;
    flag_level(V_EE_READY, true);
    return 0;
}

static void write_control(avr_t *core, avr_io_addr_t io, uint8_t value, void *param)
{
    (void)param;
    uint8_t old = core->data[io];
    bool writing = old & EEPE;
    core->data[io] = (value & (EERIE | EEPM)) | (old & (EEPE | EEMPE));
    if ((value & EEPE) && (old & EEMPE) && !writing) {
        uint8_t *cell = &eeprom[address_of(core)], data = core->data[EEDR];
        switch (value & EEPM) {
        case 0x10: *cell = 0xFF; break;
        case 0x20: *cell &= data; break;
        default: *cell = data;
        }
        core->data[io] = (uint8_t)((core->data[io] | EEPE) & ~EEMPE);
        core->cycle += 2; /* the core stands still */
        writing_until = core->cycle + WRITE_CYCLES;
        flag_level(V_EE_READY, false);
        avr_cycle_timer_register(core, WRITE_CYCLES, on_written, NULL);
    } else if (value & EEMPE) {
        core->data[io] |= EEMPE;
        avr_cycle_timer_register(core, 5, on_master_over, NULL);
    }
    if ((value & EERE) && !writing) {
        core->data[EEDR] = eeprom[address_of(core)];
        core->cycle += 4;
    }
    flag_level(V_EE_READY, !(core->data[io] & EEPE));
}

/* A write that a reset interrupts goes on, as on the chip. */
static void reset(void)
{
    if (writing_until > avr->cycle) {
        avr->data[EECR] |= EEPE;
        avr_cycle_timer_register(avr, writing_until - avr->cycle, on_written, NULL);
    } else {
        flag_level(V_EE_READY, true);
    }
}

void eeprom_save(void)
{
    if (!file_path)
        return;
    FILE *file = fopen(file_path, "wb");
    if (!file || fwrite(eeprom, 1, EEPROM_BYTES, file) != EEPROM_BYTES || fclose(file) != 0)
        fatal("cannot write %s", file_path);
}

void eeprom_start(const char *path)
{
    file_path = path;
    memset(eeprom, 0xFF, EEPROM_BYTES);
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (file) {
        if (fread(eeprom, 1, EEPROM_BYTES, file) != EEPROM_BYTES)
            fatal("%s is not %d bytes long", path, EEPROM_BYTES);
        fclose(file);
    }
    on_write(EECR, write_control, NULL);
    core_reset_hook(reset);
}
