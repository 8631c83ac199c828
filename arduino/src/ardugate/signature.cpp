#include "signature.h"

#include "wire.h"

namespace ardugate {

namespace {

const uint8_t kMaxName = 16;  // bytes; longer ones are cut
const uint8_t kMaxUnit = 8;

}  // namespace

ARDUGATE_SMALL void read_part(Words text, uint8_t number, Part& part) {
  part.name_size = 0;
  part.unit_size = 0;
  part.limited = false;
  uint8_t here = 0;  // the part that `text` is in
  bool named = false;
  bool in_unit = false;
  bool negative = false;
  int32_t limit = 0;
  for (;; text = text + 1) {
    const char c = text[0];
    if (c == '(' || c == ',') {
      here++;
    } else if (c == ')') {
      here = 0;
      named = true;
    } else if (c == 0) {
      part.limits[1] = negative ? -limit : limit;
      return;
    } else if (here != number || c == ' ') {
      named = named || part.name_size != 0;
    } else if (in_unit) {
      in_unit = c != ']';
      if (part.unit_size == 0) part.unit = text;
      if (in_unit && part.unit_size < kMaxUnit) part.unit_size++;
    } else if (c == '[') {
      named = in_unit = true;
    } else if (!named) {
      if (part.name_size == 0) part.name = text;
      if (part.name_size < kMaxName) part.name_size++;
    } else if (c == '-') {
      negative = true;
    } else if (c != '.') {
      limit = limit * 10 + (c - '0');
    } else if (!part.limited) {  // the first of two points
      part.limited = true;
      part.limits[0] = negative ? -limit : limit;
      limit = 0;
      negative = false;
    }
  }
}

}  // namespace ardugate
