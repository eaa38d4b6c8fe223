// What abld says at its socket, to a program that is not root: one request of HTTP/1.1 and its answer, within 100 ms. No thread,
// no fork, no signal; whatever is not understood is no word. Nothing here is kept from one request to the next.
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { patience_of_request = 100, longest_pause = 80 }; // milliseconds

static long long now(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// ---- the request ----

struct text {
  size_t count;
  char bytes[2048];
};

// A text that has no room left is as long as its room, and is not sent.
static void put(struct text *text, const char *more) {
  while (*more && text->count < sizeof text->bytes) text->bytes[text->count++] = *more++;
}

// A name is bytes, whatever they mean.
static void put_name(struct text *text, const char *key, const char *name) {
  static const char digits[] = "0123456789abcdef";
  if (*name) put(text, key);
  for (; *name; name++) {
    unsigned char byte = (unsigned char)*name;
    put(text, (char[]){digits[byte >> 4], digits[byte & 15], 0});
  }
}

// ---- the connection ----

// Waits until there is something to read; 0 if there is nothing in time.
static int await(int fd, long long end) {
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  int count;
  do {
    long long left = end - now();
    count = left > 0 ? poll(&wanted, 1, (int)left) : 0;
  } while (count < 0 && errno == EINTR);
  return count > 0;
}

// Else another user could say what it likes.
static int is_of_root(int fd) {
  struct ucred peer = {.uid = 1};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

static int reach(const char *path, long long end, enum abl_word *word) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  *word = abl_absent;
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  while (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    // So many wait that no more fit.
    if (errno == EAGAIN) *word = abl_slow;
    if (errno != EAGAIN || now() >= end) goto failed;
    poll(NULL, 0, 5);
  }
  *word = abl_foreign;
  if (is_of_root(fd)) return fd;
failed:
  close(fd);
  return -1;
}

// Reads the head of the answer, up to its empty line; what stands behind that is nothing for us.
static enum abl_word read_head(int fd, long long end, char *head, size_t room) {
  size_t count = 0;
  while (count + 1 < room) {
    ssize_t length = recv(fd, head + count, room - count - 1, 0);
    if (length < 0 && errno == EAGAIN) {
      if (!await(fd, end)) return abl_slow;
    } else if (length > 0) {
      count += (size_t)length;
      head[count] = 0;
      if (strstr(head, "\r\n\r\n")) return abl_fine;
    } else if (length == 0 || errno != EINTR) {
      break;
    }
  }
  return abl_odd;
}

static enum abl_word exchange(const char *path, const struct text *request, char *head, size_t room) {
  long long end = now() + patience_of_request;
  enum abl_word word;
  int fd = reach(path, end, &word);
  if (fd < 0) return word;
  // A request is smaller than what the kernel holds for a socket: it goes as a whole, or not at all.
  ssize_t length = send(fd, request->bytes, request->count, MSG_NOSIGNAL);
  word = length == (ssize_t)request->count ? read_head(fd, end, head, room) : abl_odd;
  close(fd);
  return word;
}

// ---- the answer ----

// What stands in a header of this name, which begins with a line's end; null if there is none.
static const char *header(const char *head, const char *name) {
  const char *line = strstr(head, name);
  return line && line < strstr(head, "\r\n\r\n") ? line + strlen(name) : NULL;
}

static enum abl_word word_of(const char *head, struct abl_ticket *ticket) {
  if (strncmp(head, "HTTP/1.1 ", 9) != 0) return abl_odd;
  const char *status = head + 9, *refusal = header(head, "\r\nx-abl-refusal: in-flight\r\n");
  if (strncmp(status, "403 ", 4) == 0) return refusal ? abl_refused_in_flight : abl_refused;
  if (strncmp(status, "404 ", 4) == 0) return abl_no_right;
  if (status[0] != '2') return abl_odd;
  const char *number = header(head, "\r\nx-abl-attempt: ");
  size_t length = number ? strspn(number, "0123456789abcdef") : 0;
  if (length == sizeof ticket->number - 1 && number[length] == '\r') memcpy(ticket->number, number, length);
  return abl_fine;
}

static enum abl_word ask(const char *path, const struct text *request, struct abl_ticket *ticket) {
  char head[2048] = "";
  enum abl_word word = exchange(path, request, head, sizeof head);
  return word == abl_fine ? word_of(head, ticket) : word;
}

enum abl_word abl_ask(enum abl_deed deed, const char *words, unsigned port, unsigned patience, struct abl_ticket *ticket) {
  static const char *const lines[] = {"GET /v1/check", "POST /v1/attempts", "POST /v1/fail", "PUT /v1/attempts/"};
  const char *path = words, *service = path + strlen(path) + 1, *user = service + strlen(service) + 1,
             *host = user + strlen(user) + 1;
  struct text request = {0};
  char number[16];
  long long end = now() + patience;
  if (deed == abl_reserve) *ticket->number = 0;
  // Of no host and no user there is nothing to say.
  if (!*user && !*host) return abl_fine;
  snprintf(number, sizeof number, "%u", port);
  put(&request, lines[deed]);
  if (deed == abl_succeed) put(&request, ticket->number);
  put(&request, "?wait=0&verdict=succeeded&port=");
  put(&request, number);
  put_name(&request, "&service_hex=", service);
  put_name(&request, "&user_hex=", user);
  if (*host) put(&request, "&host=");
  put(&request, host);
  if (*ticket->number) put(&request, "&attempt=");
  put(&request, ticket->number);
  put(&request, " HTTP/1.1\r\nHost: abl\r\nX-Abl: 1\r\nContent-Type: application/json\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
  if (request.count == sizeof request.bytes) return abl_odd;
  enum abl_word word = ask(path, &request, ticket);
  for (int pause = 10; word == abl_refused_in_flight && now() < end; pause = pause < longest_pause ? 2 * pause : pause) {
    poll(NULL, 0, pause);
    word = ask(path, &request, ticket);
    // It was full: it must not be open because many ask.
    if (word > abl_no_right) word = abl_refused_in_flight, end = 0;
  }
  // Without its number a reservation is none.
  return word == abl_fine && deed == abl_reserve && !*ticket->number ? abl_odd : word;
}
