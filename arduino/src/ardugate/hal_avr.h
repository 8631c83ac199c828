// What the AVR's files have in common.
#pragma once

#include <avr/interrupt.h>

#define ARDUGATE_TEXT_OF(name) #name
#define ARDUGATE_TEXT(name) ARDUGATE_TEXT_OF(name)

// Takes an interrupt's vector, from within a function that is linked only when it is used; so a sketch without a use for
// it leaves the vector to other libraries, to the core's tone() and to attachInterrupt(). An ISR() would always be there.
// That function must be neither inlined nor copied.
#define ARDUGATE_TAKE_VECTOR(vector, handler)                                                  \
  __asm__ __volatile__(".pushsection .text." #handler ",\"ax\",@progbits\n\t.global " ARDUGATE_TEXT(vector) \
                       "\n" ARDUGATE_TEXT(vector) ":\tjmp %x0\n\t.popsection" ::"i"(handler))
