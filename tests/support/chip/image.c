/* Programs: an ELF's loadable segments, into flash. */
#include "chip.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EEPROM_SEGMENT 0x810000u /* where avr-gcc puts .eeprom; RAM is at 0x800000, its initial values in flash */

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fatal("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        fatal("cannot read %s", path);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static void to_flash(const char *path, uint32_t address, const uint8_t *bytes, size_t count)
{
    if (address + count > avr->flashend + 1u)
        fatal("%s does not fit: %zu bytes at 0x%x", path, count, address);
    memcpy(avr->flash + address, bytes, count);
}

program_t load_elf(const char *path)
{
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    const Elf32_Ehdr *header = (const Elf32_Ehdr *)bytes;
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_machine != EM_AVR)
        fatal("%s is no ELF for the AVR", path);
    const Elf32_Phdr *segments = (const Elf32_Phdr *)(bytes + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_filesz > 0 && segments[i].p_paddr < EEPROM_SEGMENT)
            to_flash(path, segments[i].p_paddr, bytes + segments[i].p_offset, segments[i].p_filesz);

    program_t program = {.entry = header->e_entry, .ram_end = 0x100 /* SRAM's first byte */};
    const Elf32_Shdr *sections = (const Elf32_Shdr *)(bytes + header->e_shoff);
    for (int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        const Elf32_Sym *symbols = (const Elf32_Sym *)(bytes + sections[i].sh_offset);
        const char *names = (const char *)bytes + sections[sections[i].sh_link].sh_offset;
        for (size_t n = 0; n < sections[i].sh_size / sizeof *symbols; n++)
            if (strcmp(names + symbols[n].st_name, "_end") == 0)
                program.ram_end = (uint16_t)symbols[n].st_value;
    }
    free(bytes);
    return program;
}
