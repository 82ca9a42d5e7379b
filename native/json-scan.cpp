// An incremental JSON scanner that looks only at what a projection asks for.
//
// The projection is a trie of nodes, compiled by src/kernels/json-scan/projection.ts into this memory: what to report of a
// value, which keys lead on, where array elements and any other key lead. Values off the trie are stepped over 64 bytes
// at a time (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019: quotes, odd runs of backslashes and the
// prefix xor of quotes give a mask of what lies in strings). Their grammar is not checked, only their brackets counted.
//
// All state lives here, so a chunk may end at any byte. What a value still has open when a chunk (or the event buffer)
// ends is reported as a piece; the next call goes on with the next piece.

#include <wasm_simd128.h>

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

// What a node asks for; kept equal to ASK in projection.ts.
enum Ask { ENTER = 1, LEAVE = 2, STRING = 4, SCALAR = 8, KEYS = 16, RAW = 32, NAME = 64 };

// Kinds of events and their flags; kept equal to EVENT and PIECE in json-scan.ts.
enum Kind { ENTERED_OBJECT = 1, ENTERED_ARRAY, LEFT, KEY, TEXT, LITERAL, VERBATIM, BEGAN, ENDED, LINE, BROKEN };
constexpr int FIRST = 256, LAST = 512, ESCAPED = 1024, OPEN = 2048;
// Above the flags: a remembered name's value plus 1, or 0. Kept equal to NAME_SHIFT in json-scan.ts.
constexpr int NAME_SHIFT = 12;

// Why an input is broken; kept equal to PROBLEMS in json-scan.ts.
enum Problem { WANTED_VALUE = 1, WANTED_KEY, WANTED_COLON, WANTED_COMMA, BAD_LITERAL };

// White space may stand before what the states up to AFTER_VALUE wait for.
enum State {
  AT_DOCUMENT, AT_VALUE, AT_FIRST_KEY, AT_KEY, AT_COLON, AT_FIRST_ELEMENT, AFTER_VALUE,
  IN_KEY, IN_TEXT, IN_SKIPPED_TEXT, IN_LITERAL, IN_SKIPPED, IN_DROPPED_LINE, STOPPED,
};

struct Node { int asks, any, element, children, count; u32 lengths; int unused[2]; };
struct Child { int length, text, node, unused; };
struct Event { int kind, node, start, end; };
struct Frame { int node; bool array; };

// A name that the caller gave a number, so that it need not look at the name again. Slots are overwritten at will.
constexpr int NAME_BYTES = 48;
constexpr int NAME_SLOTS_LOG2 = 10;
struct Name { int node, length, value, unused; u8 text[NAME_BYTES]; };
alignas(16) Name names[1 << NAME_SLOTS_LOG2];

constexpr int MAX_DEPTH = 64;    // of containers on the trie; projection.ts refuses longer paths
constexpr int MAX_KEY = 64;      // bytes; projection.ts refuses longer keys
constexpr int SLACK = 16;        // events that one step and the flush after it may write

const Node* nodes;
Event* events;
Event* events_full;
const u8* position;
const u8* chunk_end;
const u8* region_end; // of the chunk, or of the line in line mode
Event* out;

int state = AT_DOCUMENT;
bool line_mode = false;
Frame frames[MAX_DEPTH];
int depth = 0;
int value_node = 0;       // node of the value at hand, -1 when nobody asked for it

int key_state = 0;        // 0 plain, 1 after a backslash, 2 … 5 before a hex digit of \u
u32 key_unit = 0;
int key_length = 0;       // decoded bytes; over MAX_KEY or not ASCII: -1, which matches no key
u8 key_text[MAX_KEY];

const u8* piece_start;
int piece_flags = 0;
bool escape_open = false; // the last byte was a backslash that escapes the next

bool verbatim_open = false;
int verbatim_depth = 0, verbatim_node = 0, verbatim_flags = 0;
const u8* verbatim_start;

u64 skip_depth = 0;
bool skip_in_string = false, skip_escaped = false;

inline int address(const void* pointer) { return (int)(unsigned long)pointer; }

inline void emit(int kind, int node, const u8* start, const u8* end) {
  *out++ = {kind, node, address(start), address(end)};
}

inline bool is_space(u8 c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline const u8* skip_space(const u8* p, const u8* end) {
  if (p < end && !is_space(*p)) return p;
  while (p + 16 <= end) {
    const v128_t c = wasm_v128_load(p);
    const v128_t space = wasm_v128_or(
      wasm_v128_or(wasm_i8x16_eq(c, wasm_i8x16_splat(' ')), wasm_i8x16_eq(c, wasm_i8x16_splat('\n'))),
      wasm_v128_or(wasm_i8x16_eq(c, wasm_i8x16_splat('\r')), wasm_i8x16_eq(c, wasm_i8x16_splat('\t'))));
    const u32 other = ~wasm_i8x16_bitmask(space) & 0xffff;
    if (other) return p + __builtin_ctz(other);
    p += 16;
  }
  while (p < end && is_space(*p)) p++;
  return p;
}

/** The first quote or backslash at or after p, or end. */
inline const u8* find_quote_or_backslash(const u8* p, const u8* end) {
  while (p + 16 <= end) {
    const v128_t c = wasm_v128_load(p);
    const u32 found = wasm_i8x16_bitmask(
      wasm_v128_or(wasm_i8x16_eq(c, wasm_i8x16_splat('"')), wasm_i8x16_eq(c, wasm_i8x16_splat('\\'))));
    if (found) return p + __builtin_ctz(found);
    p += 16;
  }
  while (p < end && *p != '"' && *p != '\\') p++;
  return p;
}

inline const u8* find_newline(const u8* p, const u8* end) {
  while (p + 16 <= end) {
    const u32 found = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(p), wasm_i8x16_splat('\n')));
    if (found) return p + __builtin_ctz(found);
    p += 16;
  }
  while (p < end && *p != '\n') p++;
  return p;
}

// What each byte may be: inside a number or word, its first byte.
enum Class : u8 { IN_WORD = 1, BEGINS_WORD = 2 };
struct Classes {
  u8 of[256];
  constexpr Classes() : of{} {
    for (int c = 0; c < 256; c++) {
      const bool digit = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'z' && c < 128;
      if (digit || letter || c == '-' || c == '+' || c == '.') of[c] |= IN_WORD;
      if (digit || c == '-' || c == 't' || c == 'f' || c == 'n' || c == 'N' || c == 'I') of[c] |= BEGINS_WORD;
    }
  }
};
constexpr Classes classes;

inline bool in_literal(u8 c) { return classes.of[c] & IN_WORD; }
inline bool begins_literal(u8 c) { return classes.of[c] & BEGINS_WORD; }

typedef u64 __attribute__((aligned(1), may_alias)) unaligned_u64;
inline u64 load(const u8* p) { return *(const unaligned_u64*)p; }
inline u64 low_bytes(int count) { return (1ull << (8 * count)) - 1; }

/** Bytes 8i … of a text, those past its end as 0. May read past the end, which memory allows. */
inline u64 word_of(const u8* text, int length, int at) {
  return length - at >= 8 ? load(text + at) : load(text + at) & low_bytes(length - at);
}

/** The node that a key leads to, -1 when nobody asked for it. */
inline int lookup(const Node& node, const u8* text, int length) {
  if (length >= 0 && length < 32 ? (node.lengths >> length) & 1 : length >= 32 && node.lengths >> 31) {
    const Child* child = (const Child*)(unsigned long)(u32)node.children;
    for (int i = 0; i < node.count; i++, child++) {
      if (child->length != length) continue;
      const u8* want = (const u8*)(unsigned long)(u32)child->text;
      int at = 0;
      while (at < length && word_of(text, length, at) == word_of(want, length, at)) at += 8;
      if (at >= length) return child->node;
    }
  }
  return node.any;
}

inline u64 mask_of(v128_t a, v128_t b, v128_t c, v128_t d) {
  return (u64)wasm_i8x16_bitmask(a) | (u64)wasm_i8x16_bitmask(b) << 16 | (u64)wasm_i8x16_bitmask(c) << 32 |
         (u64)wasm_i8x16_bitmask(d) << 48;
}

/** Bits of the characters that an odd run of backslashes escapes, when `backslash` marks the backslashes. */
inline u64 escaped_by(u64 backslash) {
  constexpr u64 ODD = 0xaaaaaaaaaaaaaaaaull;
  const u64 first = skip_escaped ? 1 : 0;
  if (!backslash) {
    skip_escaped = false;
    return first;
  }
  const u64 candidates = backslash & ~first;
  const u64 ends = (((candidates << 1) | ODD) - candidates) ^ ODD;
  const u64 escaped = ends ^ (backslash | first);
  skip_escaped = (ends & backslash) >> 63;
  return escaped;
}

inline u64 prefix_xor(u64 x) {
  x ^= x << 1;
  x ^= x << 2;
  x ^= x << 4;
  x ^= x << 8;
  x ^= x << 16;
  x ^= x << 32;
  return x;
}

/** Steps over a container that nobody asked for; returns behind its end (skip_depth is then 0), or end. */
const u8* skip_container(const u8* p, const u8* end) {
  const v128_t quote = wasm_i8x16_splat('"'), slash = wasm_i8x16_splat('\\');
  const v128_t opening = wasm_i8x16_splat('{'), closing = wasm_i8x16_splat('}'), lower = wasm_i8x16_splat(32);
  for (; p + 64 <= end; p += 64) {
    const v128_t a = wasm_v128_load(p), b = wasm_v128_load(p + 16);
    const v128_t c = wasm_v128_load(p + 32), d = wasm_v128_load(p + 48);
    const v128_t qa = wasm_i8x16_eq(a, quote), qb = wasm_i8x16_eq(b, quote);
    const v128_t qc = wasm_i8x16_eq(c, quote), qd = wasm_i8x16_eq(d, quote);
    const v128_t sa = wasm_i8x16_eq(a, slash), sb = wasm_i8x16_eq(b, slash);
    const v128_t sc = wasm_i8x16_eq(c, slash), sd = wasm_i8x16_eq(d, slash);
    const v128_t slashes = wasm_v128_or(wasm_v128_or(sa, sb), wasm_v128_or(sc, sd));
    u64 quotes = mask_of(qa, qb, qc, qd);
    if (skip_escaped || wasm_v128_any_true(slashes)) quotes &= ~escaped_by(mask_of(sa, sb, sc, sd));
    if (skip_in_string && !quotes) continue;
    const u64 inside = prefix_xor(quotes) ^ (skip_in_string ? ~0ull : 0);
    skip_in_string = inside >> 63;
    // '[' and ']' differ from '{' and '}' by the one bit that `lower` sets.
    const v128_t la = wasm_v128_or(a, lower), lb = wasm_v128_or(b, lower);
    const v128_t lc = wasm_v128_or(c, lower), ld = wasm_v128_or(d, lower);
    u64 opens = mask_of(wasm_i8x16_eq(la, opening), wasm_i8x16_eq(lb, opening), wasm_i8x16_eq(lc, opening),
                        wasm_i8x16_eq(ld, opening)) & ~inside;
    u64 closes = mask_of(wasm_i8x16_eq(la, closing), wasm_i8x16_eq(lb, closing), wasm_i8x16_eq(lc, closing),
                         wasm_i8x16_eq(ld, closing)) & ~inside;
    const u64 closed = (u64)__builtin_popcountll(closes);
    if (closed < skip_depth) {
      skip_depth += (u64)__builtin_popcountll(opens) - closed;
      continue;
    }
    for (u64 left = closes; left; left &= left - 1) {
      const u64 bit = left & -left;
      skip_depth += (u64)__builtin_popcountll(opens & (bit - 1)) - 1;
      opens &= ~(bit - 1);
      if (skip_depth == 0) return p + __builtin_ctzll(left) + 1;
    }
    skip_depth += (u64)__builtin_popcountll(opens);
  }
  for (; p < end; p++) {
    const u8 c = *p;
    const bool escaped = skip_escaped;
    skip_escaped = c == '\\' && !escaped;
    if (c == '"' && !escaped) skip_in_string = !skip_in_string;
    else if (skip_in_string) continue;
    else if ((c | 32) == '{') skip_depth++;
    else if ((c | 32) == '}' && --skip_depth == 0) return p + 1;
  }
  return p;
}

inline void decode_key_unit() {
  if (key_length < 0 || key_length >= MAX_KEY || key_unit >= 128) key_length = -1;
  else key_text[key_length++] = (u8)key_unit;
}

/** Takes in one byte of a key; true when it was the closing quote. */
bool decode_key_byte(u8 c) {
  if (key_state == 0) {
    if (c == '"') return true;
    if (c == '\\') {
      key_state = 1;
    } else {
      key_unit = c;
      decode_key_unit();
    }
  } else if (key_state == 1) {
    key_unit = 0;
    key_state = c == 'u' ? 2 : 0;
    if (c == 'u') return false;
    key_unit = c == 'b' ? 8 : c == 'f' ? 12 : c == 'n' ? 10 : c == 'r' ? 13 : c == 't' ? 9 : c;
    decode_key_unit();
  } else {
    const u8 letter = c | 32;
    const u32 digit = c >= '0' && c <= '9' ? c - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 16;
    if (digit == 16) {
      key_length = -1;
      key_state = 0;
      return decode_key_byte(c);
    }
    key_unit = key_unit * 16 + digit;
    if (++key_state == 6) {
      key_state = 0;
      decode_key_unit();
    }
  }
  return false;
}

void close_pieces(const u8* p) {
  if (state == IN_TEXT || state == IN_LITERAL) {
    if (value_node >= 0 && (nodes[value_node].asks & (state == IN_TEXT ? STRING : SCALAR))) {
      emit((state == IN_TEXT ? TEXT : LITERAL) | piece_flags, value_node, piece_start, p);
      piece_flags &= ~FIRST;
    }
  } else if (state == IN_KEY && (nodes[frames[depth - 1].node].asks & KEYS)) {
    emit(KEY | piece_flags, frames[depth - 1].node, piece_start, p);
    piece_flags &= ~FIRST;
  }
  if (verbatim_open && verbatim_start < p) {
    emit(VERBATIM | verbatim_flags, verbatim_node, verbatim_start, p);
    verbatim_flags = 0;
  }
}

inline const u8* pass_comma(const u8* p) {
  const Frame& frame = frames[depth - 1];
  if (frame.array) value_node = nodes[frame.node].element;
  state = frame.array ? AT_VALUE : AT_KEY;
  return p + 1;
}

inline Name& slot_of(int node, const u8* text, int length) {
  const u64 head = word_of(text, length, 0);
  const u64 tail = length > 8 ? load(text + length - 8) : 0;
  const u64 hash = ((head ^ (u64)length << 56 ^ (u64)node) * 0x9e3779b97f4a7c15ull ^ tail) * 0xff51afd7ed558ccdull;
  return names[hash >> (64 - NAME_SLOTS_LOG2)];
}

/** The value of a name plus 1, 0 when it is not remembered. */
inline int remembered(int node, const u8* text, int length) {
  if (length == 0 || length > NAME_BYTES) return 0;
  const Name& name = slot_of(node, text, length);
  if (name.node != node || name.length != length) return 0;
  for (int at = 0; at < length; at += 8) {
    if (word_of(text, length, at) != word_of(name.text, length, at)) return 0;
  }
  return name.value + 1;
}

/** Closes a value that ended before p; returns where to go on. */
inline const u8* value_ended(const u8* p) {
  if (verbatim_open && verbatim_depth == depth) {
    emit(VERBATIM | LAST | verbatim_flags, verbatim_node, verbatim_start, p);
    verbatim_open = false;
  }
  if (depth == 0) {
    emit(ENDED, 0, p, p);
    state = AT_DOCUMENT;
    return p;
  }
  state = AFTER_VALUE;
  if (p < region_end && *p == ',') return pass_comma(p);
  return p;
}

inline void broken(int problem, const u8* p) {
  emit(BROKEN, problem, p, p);
  state = STOPPED;
  verbatim_open = false;
}

inline const u8* begin_container(const u8* p, bool array) {
  const int asks = value_node >= 0 ? nodes[value_node].asks : 0;
  if (asks & ENTER) emit(array ? ENTERED_ARRAY : ENTERED_OBJECT, value_node, p, p);
  const bool leads_on =
    value_node >= 0 &&
    (array ? nodes[value_node].element >= 0 : nodes[value_node].count > 0 || nodes[value_node].any >= 0);
  p++;
  if (leads_on || (asks & LEAVE)) {
    frames[depth++] = {value_node, array};
    state = array ? AT_FIRST_ELEMENT : AT_FIRST_KEY;
  } else {
    if (p < region_end && *p == (array ? ']' : '}')) return value_ended(p + 1);
    skip_depth = 1;
    skip_in_string = skip_escaped = false;
    state = IN_SKIPPED;
  }
  return p;
}

inline const u8* end_container(const u8* p) {
  const Frame& frame = frames[--depth];
  if (nodes[frame.node].asks & LEAVE) emit(LEFT, frame.node, p, p);
  return value_ended(p + 1);
}

inline void begin_verbatim(const u8* p) {
  if (verbatim_open || value_node < 0 || !(nodes[value_node].asks & RAW)) return;
  verbatim_open = true;
  verbatim_depth = depth;
  verbatim_node = value_node;
  verbatim_flags = FIRST;
  verbatim_start = p;
}

inline const u8* read_text(const u8* p, const u8* end) {
  if (escape_open && p < end) {
    escape_open = false;
    p++;
  }
  while (true) {
    p = find_quote_or_backslash(p, end);
    if (p == end) return p;
    if (*p == '"') break;
    piece_flags |= ESCAPED;
    if (++p == end) {
      escape_open = true;
      return p;
    }
    p++;
  }
  if (state == IN_TEXT) {
    int kind = TEXT | LAST | piece_flags;
    if ((nodes[value_node].asks & NAME) && piece_flags == FIRST) {
      kind |= remembered(value_node, piece_start, (int)(p - piece_start)) << NAME_SHIFT;
    }
    emit(kind, value_node, piece_start, p);
  }
  return value_ended(p + 1);
}

inline const u8* read_literal(const u8* p, const u8* end) {
  while (p < end && in_literal(*p)) p++;
  if (p == end) return p;
  const u8 c = *p;
  if (c != ',' && c != '}' && c != ']' && !is_space(c)) {
    broken(BAD_LITERAL, p);
    return p;
  }
  if (value_node >= 0 && (nodes[value_node].asks & SCALAR)) {
    emit(LITERAL | LAST | piece_flags, value_node, piece_start, p);
  }
  return value_ended(p);
}

inline const u8* begin_value(const u8* p) {
  begin_verbatim(p);
  const u8 c = *p;
  if (c == '"') {
    piece_start = ++p;
    piece_flags = FIRST;
    escape_open = false;
    state = value_node >= 0 && (nodes[value_node].asks & STRING) ? IN_TEXT : IN_SKIPPED_TEXT;
    return read_text(p, region_end);
  }
  if (c == '{' || c == '[') return begin_container(p, c == '[');
  if (begins_literal(c)) {
    piece_start = p;
    piece_flags = FIRST;
    state = IN_LITERAL;
    return read_literal(p, region_end);
  }
  broken(WANTED_VALUE, p);
  return p;
}

/** From behind the opening quote of a key. */
inline const u8* begin_key(const u8* p, const u8* end) {
  const int parent = frames[depth - 1].node;
  const Node& node = nodes[parent];
  const u8* quote = find_quote_or_backslash(p, end);
  if (quote < end && *quote == '"') {
    if (node.asks & KEYS) emit(KEY | FIRST | LAST, parent, p, quote);
    value_node = lookup(node, p, (int)(quote - p));
    state = AT_COLON;
    p = quote + 1;
    // The usual `": ` needs no more rounds.
    if (p + 2 >= end || *p != ':') return p;
    state = AT_VALUE;
    p += p[1] == ' ' ? 2 : 1;
    return is_space(*p) ? p : begin_value(p);
  }
  piece_start = p;
  piece_flags = FIRST;
  key_state = 0;
  key_length = 0;
  state = IN_KEY;
  return p;
}

/**
 * Members of an object that nobody asked for, one after another, as long as they are plain and whole in this region; at
 * the first that was asked for, on to its value. Does what the single steps do, but without a round for each: in a
 * compact report a call has some nine such members. From AT_KEY, at the key's quote; p itself when there is none.
 */
const u8* skip_members(const u8* p, const u8* end) {
  const Node& node = nodes[frames[depth - 1].node];
  if ((node.asks & KEYS) || node.any >= 0) return p;
  while (true) {
    const u8* const member = p; // where the single steps take over, in AT_KEY
    p = skip_space(p, end);
    if (p == end || *p != '"') return member;
    const u8* const key = p + 1;
    p = find_quote_or_backslash(key, end);
    if (end - p < 4 || *p != '"' || p[1] != ':') return member;
    const int child = lookup(node, key, (int)(p - key));
    p += p[2] == ' ' ? 3 : 2;
    if (child >= 0) {
      value_node = child;
      state = AT_VALUE;
      return is_space(*p) ? p : begin_value(p);
    }
    if (*p == '"') {
      p = find_quote_or_backslash(p + 1, end);
      while (p < end && *p == '\\') p = p + 2 < end ? find_quote_or_backslash(p + 2, end) : end;
      if (p++ == end) return member;
    } else if (begins_literal(*p)) {
      while (p < end && in_literal(*p)) p++;
      if (p == end || (*p != ',' && *p != '}' && !is_space(*p))) return member;
    } else if (*p == '{' || *p == '[') {
      value_node = -1;
      if (p + 1 < end && p[1] == *p + 2) p += 2;
      else {
        skip_depth = 1;
        skip_in_string = skip_escaped = false;
        state = IN_SKIPPED;
        p = skip_container(p + 1, end);
        if (skip_depth != 0) return p;
        state = AT_KEY;
      }
    } else return member;
    if (p == end || *p != ',') {
      state = AFTER_VALUE;
      return p;
    }
    p++;
  }
}

inline const u8* read_key(const u8* p, const u8* end) {
  while (p < end) {
    if (*p == '\\') piece_flags |= ESCAPED;
    if (!decode_key_byte(*p++)) continue;
    const int parent = frames[depth - 1].node;
    if (nodes[parent].asks & KEYS) emit(KEY | LAST | piece_flags, parent, piece_start, p - 1);
    value_node = lookup(nodes[parent], key_text, key_length);
    state = AT_COLON;
    break;
  }
  return p;
}

} // namespace

EXPORT(configure) void configure(const Node* table, Event* buffer, int capacity) {
  nodes = table;
  events = buffer;
  events_full = buffer + capacity - SLACK;
}

/** The chunk lies at `start`; the one before it must have been scanned to its end. */
EXPORT(feed) void feed(const u8* start, int length) {
  position = start;
  chunk_end = start + length;
}

/** Address of the next byte to be read. */
EXPORT(at) int at() { return address(position); }

/** Whether a newline ends the call of scan() and is reported. */
EXPORT(lines) void lines(int on) { line_mode = on != 0; }

/** Forgets the document at hand and goes on behind the next newline, or here when `at_newline`. */
EXPORT(drop) void drop(int at_newline) {
  state = at_newline ? AT_DOCUMENT : IN_DROPPED_LINE;
  depth = 0;
  verbatim_open = false;
}

/** Remembers the number (below 2^19) of a name at a node, until `forget` or until another name takes its slot. */
EXPORT(remember) void remember(int node, const u8* text, int length, int value) {
  if (length == 0 || length > NAME_BYTES) return;
  Name& name = slot_of(node, text, length);
  name.node = node;
  name.length = length;
  name.value = value;
  for (int at = 0; at < length; at++) name.text[at] = text[at];
}

EXPORT(forget) void forget() {
  for (Name& name : names) name.length = 0;
}

/** Reads on until the chunk, the event buffer or (in line mode) the line ends; returns the number of events. */
EXPORT(scan) int scan() {
  const u8* p = position;
  const u8* end = chunk_end;
  bool newline = false;
  if (line_mode || state == IN_DROPPED_LINE) {
    const u8* found = find_newline(p, end);
    newline = found < end;
    if (newline) end = found + 1;
  }
  region_end = end;
  out = events;
  piece_start = verbatim_start = p;
  while (out < events_full) {
    if (state < IN_KEY) p = skip_space(p, end);
    if (p == end) break;
    switch (state) {
      case AT_DOCUMENT:
        emit(BEGAN, 0, p, p);
        value_node = 0;
        p = begin_value(p);
        break;
      case AT_FIRST_KEY:
        if (*p == '}') {
          p = end_container(p);
          break;
        }
        [[fallthrough]];
      case AT_KEY: {
        const u8* const before = p;
        state = AT_KEY;
        if ((p = skip_members(p, end)) != before) break;
        if (*p == '"') p = begin_key(p + 1, end);
        else broken(WANTED_KEY, p);
        break;
      }
      case IN_KEY:
        p = read_key(p, end);
        break;
      case AT_COLON:
        if (*p == ':') {
          state = AT_VALUE;
          p++;
        } else broken(WANTED_COLON, p);
        break;
      case AT_FIRST_ELEMENT:
        if (*p == ']') {
          p = end_container(p);
          break;
        }
        value_node = nodes[frames[depth - 1].node].element;
        [[fallthrough]];
      case AT_VALUE:
        p = begin_value(p);
        break;
      case AFTER_VALUE:
        if (*p == ',') p = pass_comma(p);
        else if (*p == (frames[depth - 1].array ? ']' : '}')) p = end_container(p);
        else broken(WANTED_COMMA, p);
        break;
      case IN_TEXT:
      case IN_SKIPPED_TEXT:
        p = read_text(p, end);
        break;
      case IN_LITERAL:
        p = read_literal(p, end);
        break;
      case IN_SKIPPED:
        p = skip_container(p, end);
        if (skip_depth == 0) p = value_ended(p);
        break;
      case IN_DROPPED_LINE:
        p = end;
        if (newline) state = AT_DOCUMENT;
        break;
      default:
        position = p;
        return (int)(out - events);
    }
  }
  if (state != STOPPED) close_pieces(p);
  if (newline && p == end) emit(LINE | (state == AT_DOCUMENT ? 0 : OPEN), 0, p, p);
  position = p;
  return (int)(out - events);
}
