// What a sketch includes when the board library is installed as an Arduino library.
#pragma once

#include "ardugate/Ardugate.h"
