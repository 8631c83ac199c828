// Frames on their way to a line that takes bytes as it has room for them.
#include "hal.h"

#if !defined(ARDUGATE_UART)

namespace ardugate {
namespace hal {

static const uint8_t* out;
static uint8_t left;

bool line_free() { return left == 0; }

void line_send(const uint8_t* frame, uint8_t size) {
  out = frame;
  left = size;
}

uint8_t line_unsent() {
  while (left != 0 && line_room() != 0) {
    line_write(*out++);
    left--;
  }
  return left != 0;
}

}  // namespace hal
}  // namespace ardugate

#endif
