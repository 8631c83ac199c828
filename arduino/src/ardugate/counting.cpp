#include "modes.h"
namespace ardugate {
namespace { const OwnMode* named = 0; }
const OwnMode* counting_modes() { return named; }
}  // namespace ardugate
