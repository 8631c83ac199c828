// The board's side of the conversation (wire.md section 3): hello, heartbeat, queries, commands, and what is sent when.
// Time is a parameter. All of it is called from the tick.
#pragma once

#include "hal.h"
#include "sampler.h"
#include "wire.h"

namespace ardugate {

struct FirmwareVersion {
  static const uint8_t kMajor = 0;
  static const uint8_t kMinor = 1;
  static const uint8_t kPatch = 0;
};


struct Reply {
  uint16_t id;
  uint8_t status_size;  // status × 16 + size of the data
  uint8_t data[kMaxReplyData];
};

class Link {
 public:
  // A reset: no boot id, an unasked HELLO at once.
  void begin();
  void start_sampling(uint32_t period_ticks) { start_period_ticks_ = period_ticks; }

  bool has_boot() const { return boot_id_ != 0; }

  // One byte from the line. `uncertainty_us`: it came at most so long before `now_us`.
  void receive(uint8_t byte, uint32_t now_us, uint16_t uncertainty_us);

  // Lets `ms` pass: unasked HELLOs, COUNTERS, a look at the sketch's loop.
  void tick(uint16_t ms);
  // The sketch's loop came round.
  void loop_ran() { loop_ran_ = true; }

  // Where text for LOG comes from: up to `room` bytes of what is due. A sketch that prints nothing has no such place.
  typedef uint8_t (*TakeText)(uint8_t* out, uint8_t room);
  static void set_text(TakeText take_text);

  // Gives the line what it has room for.
  void send();

  // Lets go of the frames that have gone.
  void take_back();

  // The line's present rate, below hal::kLineRates.
  uint8_t line_rate() const { return rate_; }

 private:
  static const uint8_t kFrameBytes = kMaxControlLine;
  static const uint8_t kStartStream = 1;  // the id of the stream that a boot begins with; declared channels have the next

  enum Recall : uint8_t { kKnown, kLate, kNew };

  void new_boot(uint32_t boot_id);
  void handle(Reader in, uint32_t now_us, uint16_t uncertainty_us);
  void handle_hello(Reader& in);
  void handle_heartbeat(Reader& in, uint32_t now_us, uint16_t uncertainty_us);
  void handle_query(Reader& in);
  void handle_command(Reader& in);
  void handle_stop(Reader& in);
  Recall recall(uint16_t id);  // kKnown: its reply is owed again
  Reply* remember(uint16_t id);
  Reply* once(uint16_t id);
  void refuse(uint16_t id, Status status);

  // commands.cpp
  Status run(Op op, Reader& in, Writer& data);
  Status run_set(Reader& in, Writer& data);
  Status run_mode(Reader& in, Writer& data);
  Status run_stream(Reader& in, Writer& data);
  Status run_renew(Reader& in, Writer& data);
  Status run_identity(Reader& in, Writer& data);
  Status run_read(Reader& in, Writer& data);
  Status run_line(Reader& in, Writer& data);
  Status run_identify(Reader& in, Writer& data);

  void sample_next();
  uint8_t counters_sum() const;
  bool answer_owed() const {
    return heartbeat_owed_ || replies_owed_ != 0 || refusal_owed_ || hello_owed_ || query_owed_;
  }
  const uint8_t* next_frame(uint8_t* size);
  void line_tick(uint16_t ms);

  // The body that is being written, in frame_.
  void put(uint8_t value);
  void put(Code code) { put(static_cast<uint8_t>(code)); }
  void put16(uint16_t value);
  void put32(uint32_t value);
  void write_body();
  void write_reply(const Reply& reply);
  void write_hello();
  void write_answer();
  void write_stream(const Sampler::Stream& stream);
  void write_counters();


  FrameReader<kMaxLineToBoard> reader_;

  uint32_t boot_id_;
  uint32_t boot_id_before_;  // what the HELLO that is owed says
  uint32_t start_period_ticks_;
  bool hello_owed_;
  bool hello_unasked_;

  bool heartbeat_owed_;
  uint16_t uncertainty_us_;
  uint32_t stamp_;
  uint32_t received_us_;

  bool query_owed_;
  uint8_t query_what_;
  uint16_t query_arg_;

  Reply replies_[kReplySlots];
  uint8_t replies_used_;  // a bit for each slot
  uint8_t replies_owed_;
  // The reply that is not remembered: `wrong_boot`, `stale`, or to a STOP that came late.
  Reply refusal_;
  bool refusal_owed_;

  uint8_t announced_;  // the channels below it have had their first sample; kPins: all
  uint8_t sampled_;    // the channel that was sampled with the last heartbeat

  bool loop_ran_;
  bool counters_owed_;
  uint16_t half_ms_;  // of the present half second
  bool second_half_;
  uint8_t counters_sum_;  // of the COUNTERS that were sent last; totals only grow, so it changes with each of them

  // Frames that the line has, in their order; frame_ or the sampler's.
  uint8_t given_;
  const uint8_t* first_;
  const uint8_t* second_;

  // The line's rate. kLeaving: the REPLY has been written; kLeft: and nothing else since; kQuiet: no good frame has come at
  // the new one yet.
  enum LineState : uint8_t { kSettled, kLeaving, kLeft, kQuiet };
  LineState line_state_;
  uint8_t rate_;
  uint8_t other_rate_;  // the next one, then the one before
  uint16_t quiet_ms_;   // since the last good frame, or since the switch
  uint8_t body_size_;
  bool samples_next_;  // they are due before edges and text
  uint8_t frame_[kFrameBytes];
};

extern Link link;

}  // namespace ardugate
