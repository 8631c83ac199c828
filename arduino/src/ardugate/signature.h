// What a sketch says of a command: its name, its arguments in parentheses, each with a unit and limits (whole numbers) if
// it likes, and the unit of its result:
//
//     water(seconds [s] 1..60, gently) [l]
#pragma once

#include "words.h"

namespace ardugate {

// One part of a signature. Names and units stand in it.
struct Part {
  Words name;
  Words unit;
  uint8_t name_size;
  uint8_t unit_size;
  bool limited;
  int32_t limits[2];  // the lowest and the highest value
};

// Reads part 0, the command, or one of its arguments. What is not there is empty.
void read_part(Words signature, uint8_t number, Part& part);

}  // namespace ardugate
