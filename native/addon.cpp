// The Node-API addon: `builds` lists the builds of the operations that this processor can run, the best last, and
// `bind(build, memory)` gives its operations as functions of numbers that work on a typed array's memory. `sources` names
// what it was built from. The dozen declarations of Node-API that it needs stand here, so that no header of Node has to be
// found (nodejs.org/api/n-api.html; stable since version 1, so that one file serves every Node).
#include "addon.h"

extern "C" {
struct napi_env__;
struct napi_value__;
struct napi_callback_info__;
typedef napi_env__* napi_env;
typedef napi_value__* napi_value;
typedef napi_callback_info__* napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void*, void*);
int napi_create_object(napi_env, napi_value*);
int napi_create_array(napi_env, napi_value*);
int napi_create_string_utf8(napi_env, const char*, __SIZE_TYPE__, napi_value*);
int napi_create_double(napi_env, double, napi_value*);
int napi_create_function(napi_env, const char*, __SIZE_TYPE__, napi_callback, void*, napi_value*);
int napi_set_element(napi_env, napi_value, unsigned, napi_value);
int napi_set_named_property(napi_env, napi_value, const char*, napi_value);
int napi_get_cb_info(napi_env, napi_callback_info, __SIZE_TYPE__*, napi_value*, napi_value*, void**);
int napi_get_value_double(napi_env, napi_value, double*);
int napi_get_value_string_utf8(napi_env, napi_value, char*, __SIZE_TYPE__, __SIZE_TYPE__*);
int napi_get_typedarray_info(napi_env, napi_value, int*, __SIZE_TYPE__*, void**, napi_value*, __SIZE_TYPE__*);
int napi_add_finalizer(napi_env, napi_value, void*, napi_finalize, void*, void*);
int napi_throw_error(napi_env, const char*, const char*);
}

// Every build of network.cpp, as build-addon.js compiles them, and whether this processor can run it.
#if defined(__x86_64__)
#define HAS(feature) (__builtin_cpu_supports(feature) != 0)
#define HAS_AVX512 (HAS("avx512f") && HAS("avx512vl") && HAS("avx512dq") && HAS("avx512bw"))
#define EACH_BUILD(DO)                     \
  DO(baseline, true)                       \
  DO(avx2, HAS("avx2"))                    \
  DO(avx512, HAS_AVX512)                   \
  DO(avx2_fast, HAS("avx2") && HAS("fma")) \
  DO(avx512_fast, HAS_AVX512)
#else
#define EACH_BUILD(DO) DO(baseline, true)
#endif
#define DECLARE(name, supported) \
  namespace name {               \
  extern const Table table;      \
  }
EACH_BUILD(DECLARE)

namespace {

using size = __SIZE_TYPE__;
constexpr size MAX_ARGUMENTS = 24;
constexpr size TO_END = static_cast<size>(-1);

struct Build {
  const char* name;
  const Table* table;
  bool supported;
};

struct Bound {
  const Entry* entry;
  char* memory;
};

bool same(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

const Build* builds(size* count) {
#define LIST(name, supported) {#name, &name::table, supported},
  static const Build all[] = {EACH_BUILD(LIST)};
  *count = sizeof(all) / sizeof(Build);
  return all;
}

napi_value fail(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

napi_value call(napi_env env, napi_callback_info info) {
  napi_value given[MAX_ARGUMENTS];
  double values[MAX_ARGUMENTS];
  size count = MAX_ARGUMENTS;
  void* data;
  if (napi_get_cb_info(env, info, &count, given, nullptr, &data)) return fail(env, "no arguments");
  const Bound& bound = *static_cast<const Bound*>(data);
  if (count != bound.entry->count) return fail(env, "the wrong number of arguments");
  for (size i = 0; i < count; i++)
    if (napi_get_value_double(env, given[i], &values[i])) return fail(env, "an argument is no number");
  napi_value result;
  napi_create_double(env, bound.entry->invoke(bound.memory, values), &result);
  return result;
}

void release(napi_env, void* data, void*) { delete[] static_cast<Bound*>(data); }

napi_value bind(napi_env env, napi_callback_info info) {
  napi_value given[2];
  size count = 2;
  char name[32];
  size length;
  int type;
  void* memory;
  size items;
  if (napi_get_cb_info(env, info, &count, given, nullptr, nullptr) || count != 2) return fail(env, "two arguments are wanted");
  if (napi_get_value_string_utf8(env, given[0], name, sizeof(name), &length)) return fail(env, "no name of a build");
  if (napi_get_typedarray_info(env, given[1], &type, &items, &memory, nullptr, nullptr)) return fail(env, "no typed array");
  size known;
  const Build* all = builds(&known);
  for (size i = 0; i < known; i++) {
    if (!all[i].supported || !same(all[i].name, name)) continue;
    const Table& table = *all[i].table;
    Bound* bound = new Bound[table.count];
    napi_value operations;
    napi_create_object(env, &operations);
    for (size k = 0; k < table.count; k++) {
      bound[k] = {&table.entries[k], static_cast<char*>(memory)};
      napi_value function;
      napi_create_function(env, table.entries[k].name, TO_END, call, &bound[k], &function);
      napi_set_named_property(env, operations, table.entries[k].name, function);
    }
    napi_add_finalizer(env, operations, bound, release, nullptr, nullptr);
    return operations;
  }
  return fail(env, "no such build on this processor");
}

}  // namespace

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  size known;
  const Build* all = builds(&known);
  napi_value names, function, sources;
  napi_create_array(env, &names);
  unsigned at = 0;
  for (size i = 0; i < known; i++) {
    if (!all[i].supported) continue;
    napi_value name;
    napi_create_string_utf8(env, all[i].name, TO_END, &name);
    napi_set_element(env, names, at++, name);
  }
  napi_set_named_property(env, exports, "builds", names);
  napi_create_string_utf8(env, TAXON_SOURCES, TO_END, &sources);
  napi_set_named_property(env, exports, "sources", sources);
  napi_create_function(env, "bind", TO_END, bind, nullptr, &function);
  napi_set_named_property(env, exports, "bind", function);
  return exports;
}
