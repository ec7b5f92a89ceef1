#pragma once

#include <map>
#include <string>

#include "base/bytes.h"

namespace signet::fuzz {

using Target = void (*)(base::ByteView);

/// The targets in this program by name: one in each of libFuzzer's, all in the one that runs their corpora.
inline std::map<std::string, Target>& targets() {
    static std::map<std::string, Target> all;
    return all;
}

}  // namespace signet::fuzz
