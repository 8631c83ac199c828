// Modes of plain pins that cost flash, memory and interrupt vectors: a sketch has to name them before begin()
// (Ardugate.servoMode() and so on). One that is not named links to nothing: nobody sets what servo_mode() gives, so the
// compiler knows that it is 0 and leaves out all behind it.
#pragma once

#include "flash.h"
#include "wire.h"

namespace ardugate {

// What a mode can do, through pointers, so that nothing else names it. Tables of these lie in flash.
struct OwnMode {
  // The abilities that it gives a pin.
  uint16_t (*abilities)(uint8_t pin);
  // Whether begin() can be done, but for what the pin itself holds now. kTooMany: others hold all there is;
  // kUnknownChannel: the option names a pin that cannot be a partner.
  Status (*check)(uint8_t pin, Mode mode, uint8_t option);
  // Begins on a pin that is an output at LOW, or an input.
  void (*begin)(uint8_t pin, Mode mode, uint8_t option);
  // Gives back what begin() took. The pin is configured anew afterwards.
  void (*end)(uint8_t pin);
  // Sets an output. kOutOfRange: it cannot do that.
  Status (*write)(uint8_t pin, uint16_t raw);
  // What it is: of an output what it really does.
  uint32_t (*value)(uint8_t pin);
  // At each tick.
  void (*tick)();
};

// Whether any is named.
bool modes_named();

// 0: the sketch has not named it.
const OwnMode* servo_mode();
const OwnMode* tone_mode();
const OwnMode* counting_modes();
const OwnMode* own_mode(Mode mode);

// Names them, before begin().
void use_servo_mode();
void use_tone_mode();
void use_counting_modes();

// The same for what is named by others than the sketch: that there is any.
void use_modes();

}  // namespace ardugate
