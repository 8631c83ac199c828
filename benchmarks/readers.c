/* Many WebSocket clients in one process: connects them, then counts the binary messages that each gets.
 *
 *   readers PORT CLIENTS HANDSHAKE AFTER      two files: the request, and the frames to send once it is accepted
 *
 * Says "ready"; for each empty line on stdin says "TOTAL LEAST MOST BYTES": binary messages since the last such line, in
 * all, of the client with the fewest and of that with the most, and the bytes of all messages. For a line "times" it says
 * a line a client: when each binary message began to come since the last such line, in nanoseconds of CLOCK_MONOTONIC. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct client {
  int fd;
  uint8_t head[14];     /* of a frame that has begun */
  unsigned head_size;   /* bytes of it so far */
  uint64_t body_left;
  uint64_t messages;
  uint64_t *times;
  size_t timed;
};

enum { TIMES_KEPT = 4096 };

static uint8_t buffer[1 << 18];
static uint64_t bytes, now_ns;

static void fail(const char *what) { perror(what); exit(1); }

static size_t load(const char *path, char *into, size_t size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  size_t count = fread(into, 1, size, file);
  fclose(file);
  return count;
}

static void put(int fd, const void *data, size_t size) {
  if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

static void frame_begins(struct client *client) {
  static const uint8_t pong[] = {0x8A, 0x80, 0, 0, 0, 0};
  unsigned opcode = client->head[0] & 15;
  if (opcode == 2) {
    client->messages++;
    if (client->timed < TIMES_KEPT) client->times[client->timed++] = now_ns;
  }
  if (opcode == 9) put(client->fd, pong, sizeof pong);
  if (opcode == 8) { fprintf(stderr, "a client was closed by the server\n"); exit(1); }
}

static void take(struct client *client, const uint8_t *data, size_t size) {
  while (size) {
    if (client->body_left) {
      size_t count = client->body_left < size ? client->body_left : size;
      client->body_left -= count, data += count, size -= count;
      continue;
    }
    client->head[client->head_size++] = *data++, size--;
    if (client->head_size < 2) continue;
    unsigned length = client->head[1] & 127, extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (client->head_size < 2 + extra) continue;
    uint64_t body = extra ? 0 : length;
    for (unsigned k = 0; k < extra; k++) body = body << 8 | client->head[2 + k];
    frame_begins(client);
    client->body_left = body;
    client->head_size = 0;
  }
}

/* False when the server asks for patience: it opens so many connections a second, no more. */
static int accepted(struct client *client) {
  size_t got = 0;
  char *end = NULL;
  while (!end) {
    ssize_t count = recv(client->fd, buffer + got, 4096, 0);
    if (count <= 0) fail("handshake");
    got += count;
    end = memmem(buffer, got, "\r\n\r\n", 4);
  }
  if (!memcmp(buffer, "HTTP/1.1 503", 12)) return 0;
  if (memcmp(buffer, "HTTP/1.1 101", 12)) { fwrite(buffer, 1, got, stderr); exit(1); }
  take(client, (uint8_t *)end + 4, buffer + got - (uint8_t *)end - 4);
  return 1;
}

static uint64_t monotonic_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * UINT64_C(1000000000) + at.tv_nsec;
}

static void say_times(struct client *clients, int count) {
  for (int k = 0; k < count; k++) {
    for (size_t j = 0; j < clients[k].timed; j++) printf(j ? " %lu" : "%lu", clients[k].times[j]);
    putchar('\n');
    clients[k].timed = 0;
  }
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  static char handshake[4096], after[4096];
  size_t handshake_size = load(argv[3], handshake, sizeof handshake), after_size = load(argv[4], after, sizeof after);
  int count = atoi(argv[2]), poll = epoll_create1(0);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct client *clients = calloc(count, sizeof *clients);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int k = 0; k < count; k++) {
    struct client *client = &clients[k];
    if (!client->times && !(client->times = calloc(TIMES_KEPT, sizeof *client->times))) fail("calloc");
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    put(client->fd, handshake, handshake_size);
    if (!accepted(client)) {
      close(client->fd);
      usleep(100000);
      k--;
      continue;
    }
    if (after_size) put(client->fd, after, after_size);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poll, EPOLL_CTL_ADD, client->fd, &event);
  }
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &input);
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll, events, 256, -1);
    for (int k = 0; k < ready; k++) {
      struct client *client = events[k].data.ptr;
      if (!client) {
        char line[64];
        if (read(0, line, sizeof line) <= 0) return 0;
        if (line[0] == 't') {
          say_times(clients, count);
          continue;
        }
        uint64_t total = 0, least = UINT64_MAX, most = 0;
        for (int j = 0; j < count; j++) {
          uint64_t each = clients[j].messages;
          total += each, clients[j].messages = 0;
          least = each < least ? each : least, most = each > most ? each : most;
        }
        printf("%lu %lu %lu %lu\n", total, least, most, bytes);
        fflush(stdout);
        bytes = 0;
        continue;
      }
      ssize_t size = recv(client->fd, buffer, sizeof buffer, 0);
      now_ns = monotonic_ns();
      if (size == 0 || (size < 0 && errno != EAGAIN)) { fprintf(stderr, "a client lost its connection\n"); return 1; }
      if (size > 0) bytes += size, take(client, buffer, size);
    }
  }
}
