// External interrupts on D2 and D3, which count edges and take their time. Section numbers are those of the ATmega328P's
// datasheet.
#include "hal.h"

#if defined(__AVR__)

#include "hal_avr.h"

extern "C" volatile unsigned long timer0_overflow_count;  // the core's

// D2 and D3: their interrupts, the bits of those, and where their levels are.
#if defined(__AVR_ATmega2560__) || defined(__AVR_ATmega1280__)
#define VECTOR_D2 INT4_vect
#define VECTOR_D3 INT5_vect
#define SENSE EICRB
#define LEVELS PINE
#define ENABLE_D2 _BV(INT4)
#define ENABLE_D3 _BV(INT5)
#define SENSE_SHIFT_D2 0
#define SENSE_SHIFT_D3 2
#define LEVEL_D2 _BV(4)
#define LEVEL_D3 _BV(5)
#elif defined(__AVR_ATmega32U4__)
#define VECTOR_D2 INT1_vect
#define VECTOR_D3 INT0_vect
#define SENSE EICRA
#define LEVELS PIND
#define ENABLE_D2 _BV(INT1)
#define ENABLE_D3 _BV(INT0)
#define SENSE_SHIFT_D2 2
#define SENSE_SHIFT_D3 0
#define LEVEL_D2 _BV(1)
#define LEVEL_D3 _BV(0)
#else
#define VECTOR_D2 INT0_vect
#define VECTOR_D3 INT1_vect
#define SENSE EICRA
#define LEVELS PIND
#define ENABLE_D2 _BV(INT0)
#define ENABLE_D3 _BV(INT1)
#define SENSE_SHIFT_D2 0
#define SENSE_SHIFT_D3 2
#define LEVEL_D2 _BV(2)
#define LEVEL_D3 _BV(3)
#endif

namespace ardugate {

namespace {

inline uint8_t enable_of(uint8_t input) { return input == 0 ? ENABLE_D2 : ENABLE_D3; }

struct State {
  uint8_t count;   // edges since they were taken
  uint8_t hurry;   // edges in a row that came too fast
  uint8_t ticks;   // timer 0 at the last one, 4 us each
  uint16_t rounds;  // its overflows then
};

const uint8_t kNear = 6;     // 24 us; edges that are nearer than that
const uint8_t kPatience = 12;  // so many times in a row take too much of the time for all else: 60 us
const uint8_t kMost = 250;

State states[hal::kEdgeInputs];
int16_t steps;      // of the encoder
const uint8_t kNobody = hal::kEdgeInputs;
uint8_t leader = kNobody;  // the encoder's first input
uint8_t served;     // the input whose interrupt runs

}  // namespace

// Both vectors lead here. The look at timer 0 is the edge's time, so it comes first. An overflow that has not been served
// yet is added.
extern "C" void __vector_ardugate_edge() __attribute__((signal));
extern "C" void __vector_ardugate_edge() {
  const uint8_t ticks = TCNT0;
  const uint8_t input = served;
  State* state = &states[input];
  __asm__("" : "+e"(state));  // else the compiler multiplies again for each of its parts
  const volatile uint8_t* const bytes = reinterpret_cast<const volatile uint8_t*>(&timer0_overflow_count);
  uint16_t rounds = bytes[0] | bytes[1] << 8;
  if ((TIFR0 & _BV(TOV0)) && ticks < 0xFF) rounds++;
  const uint8_t since = ticks - state->ticks;
  state->ticks = ticks;
  state->rounds = rounds;
  if (leader != kNobody) {
    // A pin leads when it changes to what its partner is not, or its partner to what it is.
    const uint8_t levels = LEVELS;
    bool down = leader == input;
    if (levels & LEVEL_D2) down = !down;
    if (levels & LEVEL_D3) down = !down;
    steps += down ? -1 : 1;
  }
  const uint8_t hurry = since < kNear ? state->hurry + 1 : 0;
  state->hurry = hurry;
  const uint8_t count = state->count + 1;
  state->count = count;
  // Such a pin is left alone until the next tick.
  if (count == kMost || hurry == kPatience) EIMSK &= ~enable_of(input);
}

namespace hal {

uint8_t edge_input(uint8_t pin) { return pin == 2 ? 0 : pin == 3 ? 1 : kEdgeInputs; }

__attribute__((noinline, noclone)) void edges_begin(uint8_t input, EdgeKind kind) {
  __asm__ __volatile__(
      ".pushsection .text.ardugate_edges,\"ax\",@progbits\n\t"
      ".global " ARDUGATE_TEXT(VECTOR_D2) "\n" ARDUGATE_TEXT(VECTOR_D2) ":\n\t"
      "push r24\n\t"
      "ldi r24, 0\n\t"
      "rjmp 1f\n\t"
      ".global " ARDUGATE_TEXT(VECTOR_D3) "\n" ARDUGATE_TEXT(VECTOR_D3) ":\n\t"
      "push r24\n\t"
      "ldi r24, 1\n"
      "1:\tsts %[served], r24\n\t"
      "pop r24\n\t"
      "jmp %x[handler]\n\t"
      ".popsection" ::[served] "i"(&served),
      [handler] "i"(__vector_ardugate_edge));
  const uint8_t senses = kind == kRisingEdges ? 3 : kind == kFallingEdges ? 2 : 1;  // table 12-2
  const Atomic atomic;
  if (kind == kSteps) leader = input;
  steps = 0;
  for (uint8_t each = 0; each < kEdgeInputs; each++) {
    if (each != input && kind != kSteps) continue;
    const uint8_t shift = each == 0 ? SENSE_SHIFT_D2 : SENSE_SHIFT_D3;
    SENSE = (SENSE & ~(3 << shift)) | senses << shift;
    states[each].count = states[each].hurry = 0;
    EIFR = enable_of(each);  // its flag has the same bit
    EIMSK |= enable_of(each);
  }
}

void edges_end(uint8_t input) {
  const Atomic atomic;
  EIMSK &= ~(leader != kNobody ? ENABLE_D2 | ENABLE_D3 : enable_of(input));
  leader = kNobody;
}

uint8_t edges_waiting(uint8_t input) { return states[input].count; }

int16_t steps_waiting() { return steps; }

uint8_t edges_take(uint8_t input, uint32_t& at) {
  State& state = states[input];
  const uint8_t count = state.count;
  at = static_cast<uint32_t>(state.rounds) << 8 | state.ticks;
  state.count = 0;
  return count;
}

int16_t steps_take() {
  const int16_t taken = steps;
  steps = 0;
  return taken;
}

bool edges_resume(uint8_t input) {
  const uint8_t enable = enable_of(input);
  if (EIMSK & enable) return false;
  states[input].hurry = 0;
  EIFR = enable;
  EIMSK |= enable;
  return true;
}

}  // namespace hal
}  // namespace ardugate

#endif
