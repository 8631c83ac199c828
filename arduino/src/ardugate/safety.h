// The board is the last safeguard: the latched stop, the link's watchdog, deadlines; and what outlives a reset.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

class Safety {
 public:
  // Reads the latch and the identity.
  void begin();

  // A boot begins: the watchdog waits for the first heartbeat from now on.
  void boot();

  bool stopped() const { return stopped_; }
  uint8_t flags() const;

  // Every output at its safe value, latched.
  void stop();
  void clear_stop() { stopped_ = false; }

  // A heartbeat that counts.
  void heartbeat();

  // Lets `ms` pass: deadlines, and the watchdog while `boot` (there is a boot id).
  void tick(uint16_t ms, bool boot);

  // The sketch did not come round for hal::kHangMs: every output at its safe value, whoever holds it. From an interrupt,
  // in the middle of anything; the next tick, if there is one, does it again with all that belongs to it.
  void sketch_hangs();
  // It did.
  void sketch_alive();

  // 64 bits that stay with the board, low byte first; all 0: none.
  const uint8_t* identity() const { return identity_; }
  void set_identity(const uint8_t* identity);

  // Writes one byte to the memory that outlives a reset, if one is due and none is being written. Called from the
  // sketch's own context, so that it never comes between two instructions of a sketch's use of the same memory.
  void remember();
  // The same from the tick, when the sketch does not come round: it may be using that memory right now.
  void remember_between();

 private:
  void make_all_safe();  // whatever holds it
  // What is due to be written, once.
  bool next_write(uint8_t* at, uint8_t* value);

  // Where in the EEPROM: the last bytes of an Uno's 1,024, away from the first ones that sketches use.
  static const uint16_t kIdentityBytes = 8;
  static const uint8_t kLatch = 0;
  static const uint8_t kIdentity = 1;              // eight bytes, then their mark
  static const uint8_t kMark = kIdentity + kIdentityBytes;
  static const uint8_t kStoppedByte = 0x5A;        // anything else, an erased 0xFF too, is "not stopped"
  static const uint8_t kErased = 0xFF;
  static const uint8_t kWritten = 0xA5;
  static const uint8_t kNothingToWrite = 0xFF;

  bool stopped_;
  bool latched_;  // what the memory holds
  bool silent_;    // the watchdog has acted and no heartbeat has come since
  bool watchdog_;  // it has acted in this boot
  volatile bool hung_;      // the sketch has not come round since it was found hanging
  volatile bool hung_now_;  // and the tick has not seen that yet
  uint8_t writing_;  // the next step of writing the identity
  uint16_t silent_ms_;
  uint8_t identity_[kIdentityBytes];
};

extern Safety safety;

}  // namespace ardugate
