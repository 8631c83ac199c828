#include "signature.h"

#include "wire.h"

namespace ardugate {

namespace {

const uint8_t kMaxName = 16;  // bytes; longer ones are cut
const uint8_t kMaxUnit = 8;

// Ends a name: a space, a parenthesis, a comma, the end, all of which are letters up to the comma; or what begins a unit.
bool ends_name(uint8_t letter) { return letter <= ',' || letter == '['; }

}  // namespace

ARDUGATE_SMALL void read_part(Words text, uint8_t number, Part& part) {
  part.name_size = 0;
  part.unit_size = 0;
  part.limited = false;
  for (uint8_t left = number; left != 0; text = text + 1) {
    const char letter = text[0];
    if (letter == 0) return;
    if (letter == '(' || letter == ',') left--;
  }
  while (text[0] == ' ') text = text + 1;
  part.name = text;
  for (; !ends_name(text[0]); text = text + 1) {
    if (part.name_size < kMaxName) part.name_size++;
  }
  part.limits[0] = text;
  bool in_arguments = number == 0;  // behind which a command has what it has besides
  bool in_unit = false;
  for (;; text = text + 1) {
    const char letter = text[0];
    if (letter == 0) return;
    if (in_arguments) {
      in_arguments = letter != ')';
    } else if (in_unit) {
      in_unit = letter != ']';
      if (in_unit && part.unit_size < kMaxUnit) part.unit_size++;
      part.limits[0] = text + 1;
    } else if (letter == '[') {
      in_unit = true;
      part.unit = text + 1;
    } else if (letter == ',' || letter == ')') {
      return;
    } else if (letter == '.' && text[1] == '.') {
      part.limited = true;
      part.limits[1] = text + 2;
      return;
    }
  }
}

ARDUGATE_SMALL int32_t read_limit(Words text, int32_t* power) {
  bool negative = false;
  bool fraction = false;
  int32_t digits = 0;
  for (;; text = text + 1) {
    const char letter = text[0];
    if (letter == '-') {
      negative = true;
    } else if (letter >= '0' && letter <= '9') {
      digits = digits * 10 + (letter - '0');
      if (fraction) *power *= 10;
    } else if (letter == '.' && power != 0 && !fraction && text[1] != '.') {
      fraction = true;
    } else if (letter != ' ') {
      return negative ? -digits : digits;
    }
  }
}

}  // namespace ardugate
