// What a program of the tests is told: lines, each answered with one line.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

// Answers a line's other words; no answer is "ok".
typedef std::function<std::string(std::istream&)> Answer;

inline std::string hex_of(uint8_t byte) {
  char digits[3];
  snprintf(digits, sizeof(digits), "%02x", byte);
  return digits;
}

// Hands out the bytes of a word in hexadecimal.
inline void each_byte(const std::string& hex, const std::function<void(uint8_t)>& take) {
  for (size_t i = 0; i + 1 < hex.size(); i += 2) take(std::stoi(hex.substr(i, 2), nullptr, 16));
}

template <typename T>
T next(std::istream& words) {
  T value{};
  words >> value;
  return value;
}

// An answer that only does something.
inline Answer does(const std::function<void(std::istream&)>& work) {
  return [work](std::istream& words) {
    work(words);
    return std::string();
  };
}

// The next word as a number below `end`.
inline uint32_t below(uint32_t end, std::istream& words) {
  const uint32_t number = next<uint32_t>(words);
  if (number < end) return number;
  fprintf(stderr, "expected a number below %u, got %u\n", end, number);
  abort();
}

// Sets one of many: the next word is its number, the one after it the value.
template <typename T, size_t kSize>
Answer sets(T (&values)[kSize]) {
  return does([&values](std::istream& words) {
    T& value = values[below(kSize, words)];
    value = static_cast<T>(next<int>(words));
  });
}

// Until the input ends.
inline void serve(const std::map<std::string, Answer>& answers) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    const std::string answer = answers.at(next<std::string>(words))(words);
    printf("%s\n", answer.empty() ? "ok" : answer.c_str());
    fflush(stdout);
  }
}
