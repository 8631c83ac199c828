// Sampled streams: which scans are due, their conversions, and the frames that they fill (wire.md 3.5).
//
// Three contexts meet here. on_base() (the time base) and on_conversion() (the converter) are interrupts; all else is
// called from the tick. Both may interrupt the tick, and on_conversion() on_base() too, never the other way round. A stream's frame is written by the converter while a scan of
// it runs, and by the others only while none does.
#pragma once

#include "hal.h"
#include "wire.h"

namespace ardugate {

// A set of channels.
struct Channels {
  uint8_t count;
  uint8_t mask[(hal::kPins + 7) / 8];

  Channels();
  void add(uint8_t channel);
  bool has(uint8_t channel) const;
};

class Sampler {
 public:
  // A frame of samples where it waits and where it is sent from: COBS code, body (code, stream, seq, t_us, packed
  // scans), CRC, delimiter.
#if defined(__AVR_ATmega2560__) || defined(__AVR_ATmega1280__) || (defined(ARDUINO) && !defined(__AVR__))
  static const uint8_t kFrameBytes = 136;
  static const uint8_t kFrames = 8;
#else
  static const uint8_t kFrameBytes = 56;  // 40 of packed samples: 32 of 10 bits. What an Uno's memory allows
  static const uint8_t kFrames = 4;       // one that fills for each stream, and one that is sent
#endif
  static const uint8_t kPackedAt = 11;
  static const uint8_t kPackedBytes = kFrameBytes - kPackedAt - 5;
  static const uint16_t kUsualBase = 4000;  // ticks; 250 us divides the periods that people ask for, for 4 % of the time
  // Channels in all streams: what one ANSWER can name.
  static const uint8_t kMaxChannels = kMaxControlLine - kFrameOverhead - 4 - 7 * kMaxStreams;

#if defined(__AVR_ATmega2560__) || defined(__AVR_ATmega1280__) || defined(__AVR_ATmega32U4__)
  typedef uint16_t InputMask;
#elif defined(ARDUINO) && !defined(__AVR__)
  typedef uint32_t InputMask;
#else
  typedef uint8_t InputMask;
#endif

  struct Stream : Channels {
    uint8_t id;        // 0: idle
    InputMask inputs;  // the channels as the converter's inputs; 0: they are read as bits
    uint16_t every;    // periods of the base from scan to scan; at the converter's own speed ticks from value to value
    uint16_t countdown;  // of them until the next
    Format packing;
    uint32_t period_ticks;
    uint8_t scans_max;  // that a frame holds
    // The next scan that is due.
    uint32_t seq;
    uint32_t t_us;
    uint8_t t_ticks;  // beyond t_us
    // The frame that fills.
    uint8_t frame;  // kNone: there is none
    uint8_t at;     // where the next byte goes
    uint8_t high;   // the high bits of the values since the last whole group
    uint8_t phase;  // values since then
    uint8_t scans;
    uint8_t opened_ms;
    bool gap;  // a scan was left out since the last one: the next begins a new frame

    Format format() const { return packing; }
  };

  // After a reset.
  void begin();

  // Ends all streams and forgets what they hold.
  void clear();

  // What was asked for, and then what is kept. When that is too short (kRateTooHigh), `ticks` is the shortest one that can
  // be kept, and `offered_ticks` at the line's highest rate.
  struct Period {
    uint32_t ticks;
    uint32_t offered_ticks;
  };

  // Starts `stream` after ending `replaces`. Nothing is changed when it fails.
  Status start(uint8_t stream, uint8_t replaces, Period& period, const Channels& channels, Format format);
  // Its frames are sent before anything else, so that they come before the reply.
  void end(uint8_t stream);
  bool ending() const { return ended_ != 0; }
  bool holds(uint8_t channel) const;
  bool runs(uint8_t stream) const { return find(stream) != kNone; }

  // While paused, scans use up their numbers and are not taken.
  void pause(bool paused) { paused_ = paused; }

  // Sends off the frames whose first sample is kFlushMs old; later when there is none to go on with.
  void flush(uint16_t now_ms);

  // The frame that is next to be sent, complete with CRC and COBS; 0: none. `size` is its length on the line. It stays
  // until release().
  const uint8_t* next_frame(uint8_t* size);
  void release();
  // Frames of samples should go before answers, because more follow them closely.
  bool urgent() const;
  // Makes the frame of what is full, whether or not the line has room for it: it will have before long.
  void keep_up();
  // With nothing else to do: makes of the next frame what is there of it.
  void go_ahead();

  // For QUERY; `index` below kMaxStreams.
  const Stream& stream(uint8_t index) const { return streams_[index]; }
  const Stream* running(uint8_t stream) const;
  uint16_t step_ticks(const Stream& stream) const;
  uint8_t effective_bits(const Stream& stream) const;

  // One conversion in between, for a read. Takes about 110 us, more while scans are due.
  uint16_t convert(uint8_t input);

  // For the stream that runs at the converter's own speed (fast.h).
  bool frames_wait() const { return ready_count_ != 0; }
  bool paused() const { return paused_; }
  void write_header(const Stream& stream, uint8_t* frame);
  void advance(Stream& stream, uint32_t scans);  // lets their times pass
  uint16_t convert_one(uint8_t input);
  uint8_t frames[kFrames][kFrameBytes];

  // Interrupts.
  void on_base();
  void on_conversion(uint16_t value);

 private:
  static const uint8_t kNone = 0xFF;
  // A state of the converter beside a stream's index and kNone.
  static const uint8_t kSingle = kMaxStreams;       // a read on its own
  static const uint8_t kFilling = 0xFF;             // in sizes_
  static const uint16_t kShortestBase = 2900;   // ticks; with less between two scans there is no time for anything else

  uint8_t find(uint8_t stream) const;
  static uint8_t packed_size(Format format, uint8_t channels, uint8_t scans);
  static uint8_t scans_in_frame(Format format, uint8_t channels);
  static uint32_t scan_ticks(Format format, uint8_t channels, uint8_t rate);
  uint32_t shortest_period(uint8_t except, Format format, uint8_t channels, uint8_t rate) const;
  uint32_t best_period(uint8_t except, Format format, uint8_t channels, uint8_t rate, bool alone) const;
  void begin_base();
  uint8_t free_frame() const;
  bool open(Stream& stream);
  void close(Stream& stream);
  void scan_bits(Stream& stream);
  void scan_numbers(Stream& stream);
  void next_conversion();
  void next_work();
  static InputMask inputs_of(const Stream& stream);

  Stream streams_[kMaxStreams];
  uint8_t sizes_[kFrames];      // of the body; 0: the frame is free
  uint8_t ready_[kFrames];      // frames to be sent, oldest first
  volatile uint8_t ready_count_;
  volatile uint8_t due_;        // a bit for each stream whose scan waits for the converter or is in it
  volatile uint8_t active_;     // the stream whose scan is in the converter; or kNone, kSingle
  InputMask remaining_;         // inputs of that scan that are still to be converted
  volatile bool paused_;
  uint8_t ended_;  // of the ready frames, those up to an ended stream's last
  uint8_t handed_;  // of the ready frames, those that next_frame() has given out
  bool fast_;       // the one stream runs at the converter's own speed
  uint16_t waiting_base_;  // the time base begins with this one when the frames' memory is free again; 0: it has begun
  volatile uint8_t single_;     // the input to be read on its own; kNone: none
  volatile uint16_t single_value_;
};

extern Sampler sampler;

}  // namespace ardugate
