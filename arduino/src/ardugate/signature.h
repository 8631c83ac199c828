// What a sketch says of a command: its name, its arguments in parentheses, each with a unit and limits if it likes, and
// the unit of its result:
//
//     water(seconds [s] 1..60, speed [l/s] 0.5..2.5, gently) [l]
#pragma once

#include "words.h"

namespace ardugate {

// One part of a signature. All of it stands there.
struct Part {
  Words name;
  Words unit;
  Words limits[2];  // the lowest and the highest value, where it is `limited`
  uint8_t name_size;
  uint8_t unit_size;
  bool limited;
};

// Reads part 0, the command, or one of its arguments. What is not there is empty.
void read_part(Words signature, uint8_t number, Part& part);

// A limit of up to nine digits, taken without their point. `power` is 1 before and then what they are to be divided by; 0:
// a limit ends at its point.
int32_t read_limit(Words limit, int32_t* power = 0);

}  // namespace ardugate
