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
uint8_t first_pin;  // of the encoder, and one; 0: there is none

// The last look at timer 0 is the edge's time, so it comes first. An overflow that has not been served yet is added.
template <uint8_t kInput>
inline __attribute__((always_inline)) void on_edge() {
  State& state = states[kInput];
  const uint8_t ticks = TCNT0;
  const volatile uint8_t* const bytes = reinterpret_cast<const volatile uint8_t*>(&timer0_overflow_count);
  uint16_t rounds = bytes[0] | bytes[1] << 8;
  if ((TIFR0 & _BV(TOV0)) && ticks < 0xFF) rounds++;
  const uint8_t since = ticks - state.ticks;
  state.ticks = ticks;
  state.rounds = rounds;
  if (first_pin != 0) {
    // A pin leads when it changes to what its partner is not, or its partner to what it is.
    const uint8_t levels = LEVELS;
    const bool differ = ((levels & LEVEL_D2) != 0) != ((levels & LEVEL_D3) != 0);
    if (differ == (first_pin == kInput + 1)) {
      steps++;
    } else {
      steps--;
    }
  }
  state.hurry = since < kNear ? state.hurry + 1 : 0;
  // Such a pin is left alone until the next tick.
  if (++state.count == kMost || state.hurry == kPatience) EIMSK &= ~enable_of(kInput);
}

}  // namespace

extern "C" void __vector_ardugate_d2() __attribute__((signal));
extern "C" void __vector_ardugate_d2() { on_edge<0>(); }

extern "C" void __vector_ardugate_d3() __attribute__((signal));
extern "C" void __vector_ardugate_d3() { on_edge<1>(); }

namespace hal {

uint8_t edge_input(uint8_t pin) { return pin == 2 ? 0 : pin == 3 ? 1 : kEdgeInputs; }

__attribute__((noinline, noclone)) void edges_begin(uint8_t input, EdgeKind kind) {
  ARDUGATE_TAKE_VECTOR(VECTOR_D2, __vector_ardugate_d2);
  ARDUGATE_TAKE_VECTOR(VECTOR_D3, __vector_ardugate_d3);
  const uint8_t senses = kind == kRisingEdges ? 3 : kind == kFallingEdges ? 2 : 1;  // table 12-2
  const Atomic atomic;
  if (kind == kSteps) first_pin = input + 1;
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
  EIMSK &= ~(first_pin != 0 ? ENABLE_D2 | ENABLE_D3 : enable_of(input));
  first_pin = 0;
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
