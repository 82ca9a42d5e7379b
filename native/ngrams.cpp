// The hot loops of src/kernels/ngrams: suffixes of documents, cut to `longest` tokens and packed into bits, go to buckets
// by their leading bits, are sorted there, and one scan over each bucket counts every n-gram of every length at once.

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;

// As src/kernels/ngrams/ngrams.ts lays it out, all fields 32 bits.
struct Plan {
  u32 bits, bucketBits, words, longest;
  u32* cursors;       // [buckets + 1]: records of each, then where the next one goes
  u32* records;       // [records][words + 1]: key without its bucket bits, left-aligned, most significant first; document
  u32* spare;         // as many records as the largest bucket has
  const u32* cellOf;  // [documents]
  const u32* classOf; // [cells], `classes` for none
  u32* stamps;        // [documents][10]: the last interval that each was counted in, by level
  u32* counts;        // [10][cells]
  u32* touched;       // [10][cells]
  u32* classMarks;    // [classes]
  double* totals;     // [3 + classes][12]: changes from n - 1 to n of: distinct, in two documents or more, documents; by class
  const u32* least;   // [12]: fewest documents of an n-gram that is told of, by n
  u32* out;
  u32 outWords, cells, classes;
};

namespace {

constexpr u32 LEVELS = 10;
constexpr u32 SMALL = 32;

template <u32 K>
struct Record {
  u32 key[K];
  u32 document;
};

// Text of a piece read backwards: the packed tokens from a position on follow from those one position later.
template <u32 F, typename Visit>
void suffixes(const Plan& p, const u16* text, const u32* pieces, u32 count, Visit visit) {
  const u32 bits = p.bits;
  for (u32 i = 0; i < count; i++, pieces += 4) {
    const u32 document = pieces[0], length = pieces[2], starts = pieces[3];
    const u16* tokens = text + pieces[1];
    u64 key[3] = {0, 0, 0};
    for (u32 at = length; at-- > 0;) {
      if constexpr (F == 3) key[2] = (key[2] >> bits) | (key[1] << (64 - bits));
      key[1] = (key[1] >> bits) | (key[0] << (64 - bits));
      key[0] = (key[0] >> bits) | (static_cast<u64>(tokens[at]) << (64 - bits));
      // A single token at the end of a document begins no pair.
      if (at < starts && at + 1 < length) visit(document, key);
    }
  }
}

template <u32 F>
void countBuckets(const Plan& p, const u16* text, const u32* pieces, u32 count) {
  const u32 shift = 64 - p.bucketBits;
  suffixes<F>(p, text, pieces, count, [&](u32, const u64* key) { p.cursors[key[0] >> shift]++; });
}

template <u32 F, u32 K>
void collect(const Plan& p, const u16* text, const u32* pieces, u32 count, u32 from, u32 to) {
  const u32 drop = p.bucketBits, shift = 64 - drop;
  const u32 width = p.bits * p.longest > drop ? p.bits * p.longest - drop : 0;
  u32 masks[K];
  for (u32 w = 0; w < K; w++) {
    const u32 below = width > 32 * w ? width - 32 * w : 0;
    masks[w] = below >= 32 ? 0xffffffffu : below == 0 ? 0 : 0xffffffffu << (32 - below);
  }
  auto* const records = reinterpret_cast<Record<K>*>(p.records);
  suffixes<F>(p, text, pieces, count, [&](u32 document, const u64* key) {
    const u32 bucket = static_cast<u32>(key[0] >> shift);
    if (bucket < from || bucket >= to) return;
    const u64 rest[3] = {(key[0] << drop) | (key[1] >> shift), (key[1] << drop) | (key[2] >> shift), key[2] << drop};
    Record<K>& record = records[p.cursors[bucket]++];
    for (u32 w = 0; w < K; w++) record.key[w] = static_cast<u32>(rest[w / 2] >> (w % 2 == 0 ? 32 : 0)) & masks[w];
    record.document = document;
  });
}

template <u32 K>
bool precedes(const Record<K>& a, const Record<K>& b, u32 from) {
  for (u32 w = from; w < K; w++) {
    if (a.key[w] != b.key[w]) return a.key[w] < b.key[w];
  }
  return false;
}

// Radix sort from the most significant byte, which stops where few records are left (McIlroy, Bostic & McIlroy,
// "Engineering radix sort", 1993), by insertion then.
template <u32 K>
void sort(Record<K>* records, Record<K>* spare, u32 size, u32 byte) {
  while (size > SMALL && byte < 4 * K) {
    const u32 word = byte / 4, shift = 24 - 8 * (byte % 4);
    u32 ends[256] = {};
    for (u32 i = 0; i < size; i++) ends[(records[i].key[word] >> shift) & 255]++;
    byte++;
    if (ends[(records[0].key[word] >> shift) & 255] == size) continue;
    u32 sum = 0;
    for (u32& end : ends) {
      const u32 n = end;
      end = sum;
      sum += n;
    }
    for (u32 i = 0; i < size; i++) spare[ends[(records[i].key[word] >> shift) & 255]++] = records[i];
    __builtin_memcpy(records, spare, size * sizeof(Record<K>));
    u32 from = 0;
    for (const u32 end : ends) {
      if (end - from > 1) sort(records + from, spare, end - from, byte);
      from = end;
    }
    return;
  }
  if (size > SMALL) return;
  const u32 from = byte / 4;
  for (u32 i = 1; i < size; i++) {
    if (!precedes(records[i], records[i - 1], from)) continue;
    const Record<K> held = records[i];
    u32 at = i;
    do {
      records[at] = records[at - 1];
      at--;
    } while (at > 0 && precedes(held, records[at - 1], from));
    records[at] = held;
  }
}

// n-grams that begin alike and have the same documents so far: of lengths above the level below up to `depth`.
struct Level {
  u32 depth, documents, touched, id, document;
  bool single;  // all its suffixes are of `document`, nothing is counted yet
};

struct Scan {
  Level levels[LEVELS];
  u32 open, nextId, marks, written;
  u32 bucket, at, end;  // of the records
  u32 last;             // the record before `at`, of the same bucket
};
Scan scan;
u8 lcpOfBit[256];

u32 tokenAt(const Plan& p, u32 bucket, const u32* key, u32 token) {
  const u32 end = (token + 1) * p.bits, mask = (1u << p.bits) - 1;
  if (end <= p.bucketBits) return (bucket >> (p.bucketBits - end)) & mask;
  // Its bits end in the key; those before are in the word before or in the bucket.
  const u32 last = (end - p.bucketBits - 1) / 32, shift = 31 - (end - p.bucketBits - 1) % 32;
  const u64 before = last > 0 ? key[last - 1] : bucket;
  return static_cast<u32>(((before << 32) | key[last]) >> shift) & mask;
}

void addTotals(double* row, u32 from, u32 to, double by) {
  row[from] += by;
  row[to + 1] -= by;
}

void addDocument(const Plan& p, u32 level, u32 document) {
  Level& l = scan.levels[level];
  p.stamps[document * LEVELS + level] = l.id;
  const u32 cell = p.cellOf[document];
  u32& count = p.counts[level * p.cells + cell];
  if (count++ == 0) p.touched[level * p.cells + l.touched++] = cell;
  l.documents++;
}

template <u32 K>
void tell(const Plan& p, u32 level, u32 from, u32 to) {
  const Level& l = scan.levels[level];
  u32 fewest = 0xffffffffu;
  for (u32 n = from; n <= to; n++) {
    if (p.least[n] < fewest) fewest = p.least[n];
  }
  if (l.documents < fewest) return;
  u32* out = p.out + scan.written;
  *out++ = from | (to << 8);
  *out++ = l.documents;
  *out++ = l.single ? 1 : l.touched;
  const u32* key = reinterpret_cast<const Record<K>*>(p.records)[scan.last].key;
  u16* tokens = reinterpret_cast<u16*>(out);
  for (u32 i = 0; i < to; i++) tokens[i] = static_cast<u16>(tokenAt(p, scan.bucket, key, i));
  out += (to + 1) / 2;
  if (l.single) {
    *out++ = p.cellOf[l.document];
    *out++ = 1;
  }
  for (u32 i = 0; !l.single && i < l.touched; i++) {
    const u32 cell = p.touched[level * p.cells + i];
    *out++ = cell;
    *out++ = p.counts[level * p.cells + cell];
  }
  scan.written = static_cast<u32>(out - p.out);
}

template <u32 K>
void close(const Plan& p, u32 level, u32 from, u32 to) {
  const Level& l = scan.levels[level];
  addTotals(p.totals, from, to, 1);
  addTotals(p.totals + 24, from, to, l.documents);
  if (l.documents > 1) addTotals(p.totals + 12, from, to, 1);
  if (l.single) {
    const u32 c = p.classOf[p.cellOf[l.document]];
    if (c < p.classes) addTotals(p.totals + 36 + 12 * c, from, to, 1);
  } else {
    scan.marks++;
    for (u32 i = 0; i < l.touched; i++) {
      const u32 c = p.classOf[p.touched[level * p.cells + i]];
      if (c >= p.classes || p.classMarks[c] == scan.marks) continue;
      p.classMarks[c] = scan.marks;
      addTotals(p.totals + 36 + 12 * c, from, to, 1);
    }
  }
  tell<K>(p, level, from, to);
}

// Closes the n-grams that are longer than what the next suffix has in common with the last one.
template <u32 K>
void closeBeyond(const Plan& p, u32 common) {
  while (scan.open > 0 && scan.levels[scan.open - 1].depth > common) {
    const u32 level = scan.open - 1;
    Level& l = scan.levels[level];
    const u32 below = level > 0 ? scan.levels[level - 1].depth : 1;
    close<K>(p, level, (common > below ? common : below) + 1, l.depth);
    if (common > below) {
      l.depth = common;
      return;
    }
    if (!l.single) {
      for (u32 i = 0; i < l.touched; i++) p.counts[level * p.cells + p.touched[level * p.cells + i]] = 0;
    }
    scan.open--;
  }
}

void visit(const Plan& p, u32 document, u32 common, u32 length) {
  for (u32 level = scan.open; level-- > 0;) {
    Level& l = scan.levels[level];
    if (l.single) {
      if (l.document == document) break;
      l.single = false;
      l.id = ++scan.nextId;
      l.documents = l.touched = 0;
      addDocument(p, level, l.document);
    } else if (p.stamps[document * LEVELS + level] == l.id) {
      break;
    }
    addDocument(p, level, document);
  }
  if (length > common) scan.levels[scan.open++] = {length, 1, 0, 0, document, true};
}

template <u32 K>
u32 scanBuckets(const Plan& p, u32 to) {
  auto* const records = reinterpret_cast<Record<K>*>(p.records);
  auto* const spare = reinterpret_cast<Record<K>*>(p.spare);
  const u32 room = LEVELS * (3 + 5 + 2 * p.cells);
  for (; scan.bucket < to; scan.bucket++) {
    // What is open at the end of a bucket has still to be closed after a break.
    if (scan.at == scan.end && scan.open == 0) {
      scan.end = p.cursors[scan.bucket];
      if (scan.at == scan.end) continue;
      sort(records + scan.at, spare, scan.end - scan.at, 0);
      scan.last = 0xffffffffu;
    }
    for (; scan.at < scan.end; scan.at++) {
      if (scan.written + room > p.outWords) return 1;
      const Record<K>& record = records[scan.at];
      u32 common = 0;
      if (scan.last != 0xffffffffu) {
        const Record<K>& before = records[scan.last];
        common = p.longest;
        for (u32 w = 0; w < K; w++) {
          const u32 differing = record.key[w] ^ before.key[w];
          if (differing == 0) continue;
          common = lcpOfBit[32 * w + static_cast<u32>(__builtin_clz(differing))];
          break;
        }
      }
      u32 length = p.longest;
      while (tokenAt(p, scan.bucket, record.key, length - 1) == 0) length--;
      if (common > length) common = length;
      closeBeyond<K>(p, common);
      scan.last = scan.at;
      visit(p, record.document, common < 2 ? 1 : common, length);
    }
    if (scan.written + room > p.outWords) return 1;
    closeBeyond<K>(p, 0);
  }
  return 0;
}

}  // namespace

#define EXPORT(name) extern "C" __attribute__((export_name(name)))

// Adds the suffixes of some text to the records of their buckets.
EXPORT("count") void countText(const Plan* p, const u16* text, const u32* pieces, u32 count) {
  if (p->bits * p->longest > 128) countBuckets<3>(*p, text, pieces, count);
  else countBuckets<2>(*p, text, pieces, count);
}

// Puts those of buckets `from` to `to` where they belong.
EXPORT("collect") void collectText(const Plan* p, const u16* text, const u32* pieces, u32 count, u32 from, u32 to) {
  const bool wide = p->bits * p->longest > 128;
  if (wide) collect<3, 5>(*p, text, pieces, count, from, to);
  else if (p->words == 2) collect<2, 2>(*p, text, pieces, count, from, to);
  else if (p->words == 3) collect<2, 3>(*p, text, pieces, count, from, to);
  else collect<2, 4>(*p, text, pieces, count, from, to);
}

// Before the first scan of buckets `from` to `to`, whose cursors are at their ends.
EXPORT("begin") void beginScan(const Plan* p, u32 from) {
  scan.open = scan.at = scan.end = scan.written = 0;
  scan.bucket = from;
  scan.last = 0xffffffffu;
  for (u32 bit = 0; bit < 192; bit++) lcpOfBit[bit] = static_cast<u8>((p->bucketBits + bit) / p->bits);
}

// Scans on. Returns 1 when `out` has to be emptied first, 0 at the end.
EXPORT("scan") u32 scanOn(const Plan* p, u32 to) {
  scan.written = 0;
  if (p->words == 2) return scanBuckets<2>(*p, to);
  if (p->words == 3) return scanBuckets<3>(*p, to);
  if (p->words == 4) return scanBuckets<4>(*p, to);
  return scanBuckets<5>(*p, to);
}

// Words of `out` that the last scan filled.
EXPORT("written") u32 written() { return scan.written; }
