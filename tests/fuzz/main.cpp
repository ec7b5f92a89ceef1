// The entry that libFuzzer calls.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const signet::fuzz::Target target = signet::fuzz::targets().begin()->second;
    target({data, size});
    return 0;
}
