// How a build of network.cpp shows its operations to addon.cpp: by name, to be called with numbers alone. A pointer is an
// offset into the memory that the operations work on, as it is in WebAssembly; 0 is no pointer.
#pragma once

using Invoke = double (*)(char* memory, const double* arguments);

struct Entry {
  const char* name;
  unsigned count;
  Invoke invoke;
};

struct Table {
  const Entry* entries;
  unsigned long count;
};

namespace calling {

template <typename T>
struct Argument {
  static T from(char*, double value) { return static_cast<T>(value); }
};

template <typename T>
struct Argument<T*> {
  static T* from(char* memory, double value) {
    return value == 0 ? nullptr : reinterpret_cast<T*>(memory + static_cast<unsigned long long>(value));
  }
};

template <unsigned... N>
struct Places {};
template <unsigned N, unsigned... Rest>
struct UpTo : UpTo<N - 1, N - 1, Rest...> {};
template <unsigned... Rest>
struct UpTo<0, Rest...> {
  using Type = Places<Rest...>;
};

template <auto Function>
struct Call;

template <typename Result, typename... Arguments, Result (*Function)(Arguments...)>
struct Call<Function> {
  static constexpr unsigned count = sizeof...(Arguments);

  template <unsigned... N>
  static Result with([[maybe_unused]] char* memory, [[maybe_unused]] const double* arguments, Places<N...>) {
    return Function(Argument<Arguments>::from(memory, arguments[N])...);
  }

  static double invoke(char* memory, const double* arguments) {
    using All = typename UpTo<count>::Type;
    if constexpr (__is_same(Result, void)) {
      with(memory, arguments, All{});
      return 0;
    } else {
      return static_cast<double>(with(memory, arguments, All{}));
    }
  }
};

}  // namespace calling

#define ENTRY(name) {#name, calling::Call<&name>::count, &calling::Call<&name>::invoke}
